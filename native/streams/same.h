// The streams of a tensor whose memory is all of one type.
#pragma once
#include "../parameter.h"
#include "../transformation.h"

template <class T, class Rule>
class SameStreams {
  using L = Lanes<T>;

 public:
  using V = typename L::V;
  static V wrap(V x) { return x; }
  static constexpr bool wholeVectors = false;
  static constexpr bool isCareful = sizeof(T) > 4 || !kSpecialize;  // nothing is to be gained there

  SameStreams(const Piece& piece, Row)
      : parameter_(static_cast<T*>(piece.parameter)),
        gradient_(static_cast<const T*>(piece.gradient)),
        length_(piece.length) {
    for (unsigned k = 0; k < Rule::StateCount; k++) state_[k] = static_cast<T*>(piece.state[k]);
    for (unsigned k = 0; k < kCommonStates; k++) common_[k] = static_cast<T*>(piece.common[k]);
  }

  // The whole piece is one block.
  size_t open(size_t, auto) const { return length_; }
  void close(size_t, size_t, auto) const {}

  // How many elements come before the first aligned vector of the parameter: one across two cache lines costs two
  // accesses.
  size_t head(size_t length) const {
    const size_t place = reinterpret_cast<uintptr_t>(parameter_) / sizeof(T) % L::count;
    const size_t before = (L::count - place) % L::count;
    return before < length ? before : 0;
  }

  // Asks for the cache lines that the loop will reach after 2 KB: the hardware alone loses its way among so many
  // streams. Nothing beyond the piece, which belongs to another thread.
  [[gnu::always_inline]] void prefetch(size_t i, auto on) const {
    const size_t next = i + 2048 / sizeof(T);
    if (!kPrefetches || L::count == 1 || next >= length_) return;
    __builtin_prefetch(gradient_ + next);
    __builtin_prefetch(parameter_ + next);
    for (unsigned k = 0; k < Rule::StateCount; k++)
      if (Rule::uses(k, on.rule)) __builtin_prefetch(state_[k] + next);
    if (on.transformation(Transformation::accumulated)) __builtin_prefetch(common_[gradientSum] + next);
    if (on.parameter(Parameter::averaged)) __builtin_prefetch(common_[parameterAverage] + next);
  }

  // Whether any number of a vector of states is denormal.
  [[gnu::always_inline]] bool anyDenormal(size_t i, auto ruleOn) const {
    bool any = false;
    for (unsigned k = 0; k < Rule::StateCount; k++)
      if (Rule::uses(k, ruleOn)) any |= L::anyDenormal(L::load(state_[k] + i, All{}));
    return any;
  }

  V parameter(size_t i, auto lanes) const { return L::load(parameter_ + i, lanes); }
  V gradient(size_t i, auto lanes) const { return L::load(gradient_ + i, lanes); }
  V state(unsigned k, size_t i, auto lanes) const { return L::load(state_[k] + i, lanes); }
  V common(unsigned k, size_t i, auto lanes) const { return L::load(common_[k] + i, lanes); }
  void setParameter(size_t i, V x, auto lanes) const { L::store(parameter_ + i, x, lanes); }
  V stored(size_t, V x) const { return x; }
  void setStored(size_t i, V x, auto lanes) const { setParameter(i, x, lanes); }
  void setState(unsigned k, size_t i, V x, auto lanes) const { L::store(state_[k] + i, x, lanes); }
  void setCommon(unsigned k, size_t i, V x, auto lanes) const { L::store(common_[k] + i, x, lanes); }

 private:
  T* parameter_;
  const T* gradient_;
  T* state_[Rule::StateCount];
  T* common_[kCommonStates];
  size_t length_;
};
