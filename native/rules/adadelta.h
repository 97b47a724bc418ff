// Adadelta: Zeiler, arXiv:1212.5701.
// Mirrors lib/rules/adadelta.ts line for line.
#pragma once
#include "../names.h"
#include "../switches.h"

struct Adadelta : OneLoop {
  static constexpr const char* name = "adadelta";
  NAMES(State, squareAverage, squareUpdateAverage);
  NAMES(Scalar, decay, oneMinusDecay, epsilon, negativeLearningRate);
  NAMES(Switch);

  static constexpr bool isSigned(unsigned) { return false; }

  template <class V, class Uniform, class On>
  static void update(V& p, V g, V* state, const Uniform* c, On) {
    V& v = state[squareAverage];
    V& w = state[squareUpdateAverage];

    v = fma(c[oneMinusDecay] * g, g, c[decay] * v);
    const V u = (sqrt(w + c[epsilon]) / sqrt(v + c[epsilon])) * g;
    w = fma(c[oneMinusDecay] * u, u, c[decay] * w);
    p = fma(c[negativeLearningRate], u, p);
  }
};
