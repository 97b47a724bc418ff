// What happens to every element before its rule sees it. Mirrors lib/gradient.ts line for line.
#pragma once
#include "names.h"

struct Gradient {
  NAMES(Scalar, weightDecay, shrinkage);
  NAMES(Switch, maximize, l2, decoupled);

  template <class V, class Uniform, class On>
  static void update(V& p, V& g, const Uniform* c, On on) {
    if (on(maximize)) g = -g;
    if (on(l2)) g = fma(c[weightDecay], p, g);
    if (on(decoupled)) p = p * c[shrinkage];
  }
};
