// The streams of whole vectors of float32 that are denormal in part. They are in the first cache already.
#pragma once
#include "../careful.h"
#include "same.h"

template <class Rule>
class CarefulStreams : public SameStreams<float, Rule> {
  using Same = SameStreams<float, Rule>;

 public:
  using V = Careful;
  using Same::Same;

  V parameter(size_t i) const { return {Same::parameter(i)}; }
  V gradient(size_t i) const { return {Same::gradient(i)}; }
  V state(unsigned k, size_t i) const { return {Same::state(k, i)}; }
  V common(unsigned k, size_t i) const { return {Same::common(k, i)}; }
  void setParameter(size_t i, V x) const { Same::setParameter(i, x.x); }
  void setState(unsigned k, size_t i, V x) const { Same::setState(k, i, x.x); }
  void setCommon(unsigned k, size_t i, V x) const { Same::setCommon(k, i, x.x); }

  static constexpr bool isCareful = true, onlyWholeVectors = true;
  void prefetch(size_t, auto) const {}
};
