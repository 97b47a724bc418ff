// NAdam: Dozat, Incorporating Nesterov Momentum into Adam, ICLR workshop 2016, as in PyTorch.
// Mirrors lib/rules/nadam.ts line for line.
#pragma once
#include "../names.h"
#include "../switches.h"

struct NAdam : OneLoop {
  static constexpr const char* name = "nadam";
  NAMES(State, gradientAverage, squareAverage);
  NAMES(Scalar, oneMinusBeta1, beta2, oneMinusBeta2, biasCorrection2, epsilon, negativeGradientStep,
        negativeAverageStep);
  NAMES(Switch);

  static constexpr bool isSigned(unsigned state) { return state == gradientAverage; }

  template <class V, class Uniform, class On>
  static void update(V& p, V g, V* state, const Uniform* c, On) {
    V& m = state[gradientAverage];
    V& v = state[squareAverage];

    m = lerp(m, g, c[oneMinusBeta1]);
    v = fma(c[oneMinusBeta2] * g, g, c[beta2] * v);
    const V d = sqrt(v / c[biasCorrection2]) + c[epsilon];
    p = p + (c[negativeGradientStep] * g) / d;
    p = p + (c[negativeAverageStep] * m) / d;
  }
};
