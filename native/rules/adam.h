// Adam: Kingma and Ba, arXiv:1412.6980; AMSGrad: Reddi et al., ICLR 2018. AdamW is this with decoupled weight decay.
// Mirrors lib/rules/adam.ts line for line.
#pragma once
#include "../names.h"
#include "../switches.h"

struct Adam {
  static constexpr const char* name = "adam";
  NAMES(State, gradientAverage, squareAverage, maxSquareAverage);
  NAMES(Scalar, oneMinusBeta1, beta2, oneMinusBeta2, rootBiasCorrection2, epsilon, negativeStepSize);
  NAMES(Switch, amsgrad);

  static constexpr unsigned compiled = bit(amsgrad);

  template <class On>
  static constexpr bool uses(unsigned state, On on) {
    return state == maxSquareAverage ? on(amsgrad) : true;
  }

  static constexpr bool isSigned(unsigned state) { return state == gradientAverage; }

  template <class V, class Uniform, class On>
  static void update(V& p, V g, V* state, const Uniform* c, On on) {
    V& m = state[gradientAverage];
    V& v = state[squareAverage];
    V& x = state[maxSquareAverage];

    m = lerp(m, g, c[oneMinusBeta1]);
    v = fma(c[oneMinusBeta2] * g, g, c[beta2] * v);
    if (on(amsgrad)) x = maximum(x, v);
    const V d = sqrt(on(amsgrad) ? x : v) / c[rootBiasCorrection2] + c[epsilon];
    p = p + (c[negativeStepSize] * m) / d;
  }
};
