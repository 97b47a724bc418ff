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
  V common(unsigned k, size_t i, auto lanes) const { return {Same::common(k, i, lanes)}; }
  void setParameter(size_t i, V x, auto lanes) const { Same::setParameter(i, x.x, lanes); }
  V stored(size_t, V x) const { return x; }
  void setStored(size_t i, V x, auto lanes) const { setParameter(i, x, lanes); }
  void setState(unsigned k, size_t i, V x, auto lanes) const { Same::setState(k, i, x.x, lanes); }
  void setCommon(unsigned k, size_t i, V x, auto lanes) const { Same::setCommon(k, i, x.x, lanes); }

  static constexpr bool isCareful = true;
};
