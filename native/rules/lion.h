// Lion: Chen et al., arXiv:2302.06675, algorithm 2.
// Mirrors lib/rules/lion.ts line for line.
#pragma once
#include "../names.h"
#include "../switches.h"

struct Lion : OneLoop {
  static constexpr const char* name = "lion";
  NAMES(State, gradientAverage);
  NAMES(Scalar, beta1, oneMinusBeta1, beta2, oneMinusBeta2, negativeLearningRate);
  NAMES(Switch);

  static constexpr bool isSigned(unsigned) { return true; }

  template <class V, class Uniform, class On>
  static void update(V& p, V g, V* state, const Uniform* c, On) {
    V& m = state[gradientAverage];

    const V u = fma(c[oneMinusBeta1], g, c[beta1] * m);
    p = fma(c[negativeLearningRate], sign(u), p);
    m = fma(c[oneMinusBeta2], g, c[beta2] * m);
  }
};
