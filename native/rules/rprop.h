// Rprop: Riedmiller and Braun, ICNN 1993; without weight backtracking: Igel and Hüsken, NC 2000.
// Mirrors lib/rules/rprop.ts line for line.
#pragma once
#include "../names.h"
#include "../switches.h"

struct Rprop : OneLoop {
  static constexpr const char* name = "rprop";
  NAMES(State, previousGradient, stepSize);
  NAMES(Scalar, learningRate, etaMinus, etaPlus, stepMin, stepMax);
  NAMES(Switch, firstStep);

  static constexpr bool isSigned(unsigned state) { return state == previousGradient; }

  template <class V, class Uniform, class On>
  static void update(V& p, V g, V* state, const Uniform* c, On on) {
    V& b = state[previousGradient];
    V& s = state[stepSize];

    const V q = on(firstStep) ? V{} : g * b;
    if (on(firstStep)) s = c[learningRate];
    s = clamp(bySign(q, s * c[etaPlus], s * c[etaMinus], s), c[stepMin], c[stepMax]);
    b = bySign(q, g, V{}, g);
    p = fma(-sign(b), s, p);
  }
};
