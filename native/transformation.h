// What happens to a gradient before everything else. Mirrors lib/transformation.ts line for line.
#pragma once
#include "names.h"

struct Transformation {
  NAMES(Scalar, unscale, calls, clipValue, clipNorm, multiplier);
  NAMES(Switch, scaled, accumulated, clippedByValue, refusesInfinite, clippedByNorm);

  template <class V, class C, class On>
  static V mean(V g, V sum, const C* c, On on) {
    if (on(scaled)) g = g * c[unscale];
    if (on(accumulated)) g = (sum + g) / c[calls];
    return g;
  }

  template <class V, class C, class On>
  static V clipByValue(V g, const C* c, On on) {
    return on(clippedByValue) ? clamp(g, -c[clipValue], c[clipValue]) : g;
  }

  // The gradient whose norm is measured; NaN where an infinite number is refused, though it can be clipped.
  template <class V, class C, class On>
  static V measured(V g, V sum, const C* c, On on) {
    g = mean(g, sum, c, on);
    const V clipped = clipByValue(g, c, on);
    return on(refusesInfinite) ? clipped + (g - g) : clipped;
  }

  template <class V, class C, class On>
  static V update(V g, V& sum, const C* c, On on) {
    g = clipByValue(mean(g, sum, c, on), c, on);
    if (on(accumulated)) sum = V{};
    if (on(clippedByNorm)) g = g * c[multiplier];
    return g;
  }

  // The sum of gradients after one that is only added to it.
  template <class V, class C, class On>
  static V accumulate(V g, V sum, const C* c, On on) {
    return sum + (on(scaled) ? g * c[unscale] : g);
  }
};
