// What happens to a gradient before everything else. Mirrors lib/transformation.ts line for line.
#pragma once
#include "names.h"

struct Transformation {
  NAMES(Scalar, unscale, mean, clipValue, clipNorm, multiplier);
  NAMES(Switch, scaled, accumulated, clippedByValue, clippedByNorm);

  // The gradient whose norm is measured.
  template <class V, class On>
  static V beforeNorms(V g, V sum, const V* c, On on) {
    if (on(scaled)) g = g * c[unscale];
    if (on(accumulated)) g = (sum + g) * c[mean];
    if (on(clippedByValue)) g = minimum(maximum(g, -c[clipValue]), c[clipValue]);
    return g;
  }

  template <class V, class On>
  static V update(V g, V& sum, const V* c, On on) {
    g = beforeNorms(g, sum, c, on);
    if (on(accumulated)) sum = V{};
    if (on(clippedByNorm)) g = g * c[multiplier];
    return g;
  }

  // The sum of gradients after one that is only added to it.
  template <class V, class On>
  static V accumulate(V g, V sum, const V* c, On on) {
    return sum + (on(scaled) ? g * c[unscale] : g);
  }
};
