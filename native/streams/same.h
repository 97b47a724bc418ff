// The streams of whole vectors of a piece whose memory is all of one type.
#pragma once
#include "../parameter.h"
#include "../transformation.h"

template <class T, class Rule>
class SameStreams {
  using L = Lanes<T>;

 public:
  using V = typename L::V;
  static constexpr bool onlyWholeVectors = false;
  static constexpr bool isCareful = sizeof(T) > 4 || !kMeetsSlowDenormals;  // nothing is to be gained there

  // From an element on.
  SameStreams(const Piece& piece, size_t begin)
      : parameter_(at<T>(piece.parameter, begin)),
        gradient_(at<T>(piece.gradient, begin)),
        reach_(piece.length - begin + piece.following) {
    for (unsigned k = 0; k < Rule::StateCount; k++) state_[k] = at<T>(piece.state[k], begin);
    for (unsigned k = 0; k < kSweptStates; k++) common_[k] = at<T>(piece.common[k], begin);
  }

  // Asks for the cache lines that the loop will reach after 2 KB: the hardware alone loses its way among so many
  // streams. Nothing beyond the piece, which belongs to another thread.
  [[gnu::always_inline]] void prefetch(size_t i, auto on) const {
    const size_t next = i + 2048 / sizeof(T);
    if (!kPrefetches || L::count == 1 || next >= reach_) return;
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
      if (Rule::uses(k, ruleOn)) any |= L::anyDenormal(state(k, i));
    return any;
  }

  V parameter(size_t i) const { return L::load(parameter_ + i, All{}); }
  V gradient(size_t i) const { return L::load(gradient_ + i, All{}); }
  V state(unsigned k, size_t i) const { return L::load(state_[k] + i, All{}); }
  V common(unsigned k, size_t i) const { return L::load(common_[k] + i, All{}); }
  void setParameter(size_t i, V x) const { L::store(parameter_ + i, x, All{}); }
  void setState(unsigned k, size_t i, V x) const { L::store(state_[k] + i, x, All{}); }
  void setCommon(unsigned k, size_t i, V x) const { L::store(common_[k] + i, x, All{}); }

 private:
  T* parameter_;
  const T* gradient_;
  T* state_[Rule::StateCount];
  T* common_[kSweptStates];
  size_t reach_;
};
