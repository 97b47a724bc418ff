// Adamax: Kingma and Ba, arXiv:1412.6980, section 7.1.
// Mirrors lib/rules/adamax.ts line for line.
#pragma once
#include "../names.h"
#include "../switches.h"

struct Adamax : OneLoop {
  static constexpr const char* name = "adamax";
  NAMES(State, gradientAverage, infinityNorm);
  NAMES(Scalar, oneMinusBeta1, beta2, epsilon, negativeStepSize);
  NAMES(Switch);

  static constexpr bool isSigned(unsigned state) { return state == gradientAverage; }

  template <class V, class Uniform, class On>
  static void update(V& p, V g, V* state, const Uniform* c, On) {
    V& m = state[gradientAverage];
    V& u = state[infinityNorm];

    m = lerp(m, g, c[oneMinusBeta1]);
    u = maximum(c[beta2] * u, abs(g) + c[epsilon]);
    p = p + (c[negativeStepSize] * m) / u;
  }
};
