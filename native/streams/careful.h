// The streams of a tensor of float32 whose states are denormal in part.
#pragma once
#include "../careful.h"
#include "same.h"

template <class Rule>
class CarefulStreams : public SameStreams<float, Rule> {
  using Same = SameStreams<float, Rule>;

 public:
  using V = Careful;
  using Same::Same;
  static V wrap(typename Same::V x) { return {x}; }

  V parameter(size_t i, auto lanes) const { return {Same::parameter(i, lanes)}; }
  V gradient(size_t i, auto lanes) const { return {Same::gradient(i, lanes)}; }
  V state(unsigned k, size_t i, auto lanes) const { return {Same::state(k, i, lanes)}; }
  void setParameter(size_t i, V x, auto lanes) const { Same::setParameter(i, x.x, lanes); }
  void setState(unsigned k, size_t i, V x, auto lanes) const { Same::setState(k, i, x.x, lanes); }

  static constexpr bool isCareful = true;
};
