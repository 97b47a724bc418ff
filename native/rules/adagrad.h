// Adagrad: Duchi, Hazan and Singer, Journal of Machine Learning Research 12 (2011).
// Mirrors lib/rules/adagrad.ts line for line.
#pragma once
#include "../names.h"
#include "../switches.h"

struct Adagrad : OneLoop {
  static constexpr const char* name = "adagrad";
  NAMES(State, squareSum);
  NAMES(Scalar, epsilon, negativeStepSize);
  NAMES(Switch);

  static constexpr bool isSigned(unsigned) { return false; }

  template <class V, class Uniform, class On>
  static void update(V& p, V g, V* state, const Uniform* c, On) {
    V& s = state[squareSum];

    s = fma(g, g, s);
    p = p + (c[negativeStepSize] * g) / (sqrt(s) + c[epsilon]);
  }
};
