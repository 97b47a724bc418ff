// The elements before the first aligned vector of a piece, or after the last one: fewer than a vector has lanes. A copy
// of them is updated in their place, so that the loop knows nothing but whole vectors.
#pragma once

template <class T>
class SomeLanes {
  using L = Lanes<T>;

 public:
  [[gnu::noinline]] const Piece& copy(const Piece& piece, size_t begin, size_t lanes) {
    begin_ = begin;
    lanes_ = lanes;
    count_ = 0;
    copy_.length = L::count;
    copy_.following = 0;
    copy_.parameter = add(piece.parameter);
    for (unsigned k = 0; k < kMaxStates; k++) copy_.state[k] = add(piece.state[k]);
    for (unsigned k = 0; k < kSweptStates; k++) copy_.common[k] = add(piece.common[k]);
    // Read, and not written: the last one.
    copy_.gradient = add(piece.gradient);
    return copy_;
  }

  [[gnu::noinline]] void putBack() const {
    for (unsigned k = 0; k + 1 < count_; k++) L::store(memory_[k], L::load(copies_[k], All{}), lanes_);
  }

 private:
  T* add(void* memory) {
    if (!memory) return nullptr;
    memory_[count_] = at<T>(memory, begin_);
    L::store(copies_[count_], L::load(memory_[count_], lanes_), All{});
    return copies_[count_++];
  }

  static constexpr unsigned kMost = 2 + kMaxStates + kSweptStates;
  alignas(64) T copies_[kMost][L::count];
  T* memory_[kMost];
  Piece copy_;
  size_t begin_, lanes_;
  unsigned count_;
};
