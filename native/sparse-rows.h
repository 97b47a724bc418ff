// Some rows of a tensor, which a step updates as if the tensor had no others: side by side, in the order in which they
// first appear. Mirrors lib/sparse-rows.ts.
#pragma once
#include <vector>

#include "isa/isa.h"

class SparseRows {
 public:
  // Takes a list of rows, in which some may appear again; reads it once. False if one is not below `end`.
  bool take(const uint32_t* rows, size_t count, size_t end, size_t width);

  size_t elements() const { return rows_.size() * width_; }
  bool anyAgain() const { return given_ > rows_.size(); }

  // Adds up what is given for the same row, in the order in which it appears. `to` may be `from`.
  template <class T>
  void sum(const T* from, T* to) const;

  // Some of the elements, copied to where they lie side by side.
  class Copy {
   public:
    // @param tensor all of it; its gradient is that of the rows
    // @param onlySum whether gradientSum is all that is looked at beside the gradient
    Copy(const SparseRows& rows, const Piece& tensor, size_t from, size_t to, bool onlySum);
    const Piece& piece() const { return piece_; }
    // Writes the copies back.
    void putBack() const;

   private:
    struct Column {
      char *array, *copy;
      size_t from, to, rowBytes;  // in bytes of all rows
    };
    void* add(void* array, size_t from, size_t to, size_t rowBytes);

    const SparseRows& rows_;
    Piece piece_;
    Column columns_[1 + 2 * kMaxStates + kSweptStates];
    size_t count_ = 0, used_ = 0;
    static constexpr size_t kColumnBytes = kNormChunk * sizeof(double) + 64;
    alignas(64) char room_[(1 + kMaxStates + kSweptStates) * kColumnBytes + kMaxStates * 64];
  };

 private:
  template <bool gathers>
  void copy(char* array, char* copy, size_t from, size_t to, size_t rowBytes) const;

  size_t given_ = 0, width_ = 0;
  std::vector<uint32_t> rows_;     // each once
  std::vector<uint32_t> placeOf_;  // of every row that was given, among those; if any came again
  std::vector<uint32_t> table_;    // by their hashes, one more than their places
};
