// Stochastic gradient descent, with momentum (Polyak 1964) and Nesterov's (Sutskever et al. 2013), as in PyTorch.
// Mirrors lib/rules/sgd.ts line for line.
#pragma once
#include "../names.h"
#include "../switches.h"

struct SGD {
  static constexpr const char* name = "sgd";
  NAMES(State, momentumBuffer);
  NAMES(Scalar, negativeLearningRate, momentum, oneMinusDampening);
  NAMES(Switch, withMomentum, firstStep, nesterov);

  static constexpr unsigned compiled = bit(withMomentum);

  template <class On>
  static constexpr bool uses(unsigned, On on) {
    return on(withMomentum);
  }

  static constexpr bool isSigned(unsigned) { return true; }

  template <class V, class Uniform, class On>
  static void update(V& p, V g, V* state, const Uniform* c, On on) {
    V& b = state[momentumBuffer];

    V u = g;
    if (on(withMomentum)) {
      b = on(firstStep) ? g : fma(c[oneMinusDampening], g, c[momentum] * b);
      u = on(nesterov) ? fma(c[momentum], b, g) : b;
    }
    p = fma(c[negativeLearningRate], u, p);
  }
};
