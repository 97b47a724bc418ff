// What happens to a parameter after its rule. Mirrors lib/parameter.ts line for line.
#pragma once
#include "names.h"

struct Parameter {
  NAMES(Scalar, lowerBound, upperBound, oneMinusAverageDecay);
  NAMES(Switch, bounded, averaged, averageStarts);

  template <class V, class C, class On>
  static void update(V& p, V& average, const C* c, On on) {
    if (on(bounded)) p = clamp(p, c[lowerBound], c[upperBound]);
    if (on(averaged)) average = on(averageStarts) ? p : lerp(average, p, c[oneMinusAverageDecay]);
  }
};
