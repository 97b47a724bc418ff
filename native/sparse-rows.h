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

  // Makes room for as many copies at a time. It is kept; a stack may have less left.
  void makeRoom(unsigned copies);
  unsigned rooms() const { return rooms_; }

  // Some of the elements, copied to where they lie side by side.
  class Copy {
   public:
    // @param room the number of the room that this copy has for itself
    // @param tensor all of it; its gradient is that of the rows
    // @param onlySum whether gradientSum is all that is looked at beside the gradient
    Copy(const SparseRows& rows, unsigned room, const Piece& tensor, size_t from, size_t to, bool onlySum);
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
    char* next_;
    Piece piece_;
    Column columns_[1 + 2 * kMaxStates + kSweptStates];
    size_t count_ = 0;
  };

 private:
  static constexpr size_t kLine = 64, kColumnBytes = kNormChunk * sizeof(double) + kLine;
  static constexpr size_t kRoomBytes = (1 + kMaxStates + kSweptStates) * kColumnBytes + kMaxStates * kLine;

  template <bool gathers>
  void copy(char* array, char* copy, size_t from, size_t to, size_t rowBytes) const;

  size_t given_ = 0, width_ = 0;
  std::vector<uint32_t> rows_;     // each once
  std::vector<uint32_t> placeOf_;  // of every row that was given, among those; if any came again
  std::vector<uint32_t> table_;    // by their hashes, one more than their places
  unsigned rooms_ = 0;
  std::vector<char> memory_;
  char* room_ = nullptr;  // the first one, on a cache line
};
