// RMSprop: Hinton, Neural Networks for Machine Learning, lecture 6e (2012); the centred form: Graves, arXiv:1308.0850.
// Mirrors lib/rules/rmsprop.ts line for line.
#pragma once
#include "../names.h"
#include "../switches.h"

struct RMSprop {
  static constexpr const char* name = "rmsprop";
  NAMES(State, squareAverage, gradientAverage, momentumBuffer);
  NAMES(Scalar, decay, oneMinusDecay, inverseBiasCorrection, rootInverseBiasCorrection, epsilon, learningRate,
        negativeLearningRate, momentum);
  NAMES(Switch, centered, epsilonInside, withMomentum, rateInBuffer, nesterov);

  static constexpr unsigned compiled = bit(centered) | bit(withMomentum);

  template <class On>
  static constexpr bool uses(unsigned state, On on) {
    return state == gradientAverage ? on(centered) : state == momentumBuffer ? on(withMomentum) : true;
  }

  static constexpr bool isSigned(unsigned state) { return state != squareAverage; }

  template <class V, class Uniform, class On>
  static void update(V& p, V g, V* state, const Uniform* c, On on) {
    V& v = state[squareAverage];
    V& m = state[gradientAverage];
    V& b = state[momentumBuffer];

    v = fma(c[oneMinusDecay] * g, g, c[decay] * v);
    V s = v;
    if (on(centered)) {
      m = lerp(m, g, c[oneMinusDecay]);
      s = clampToZero(fma(-(c[inverseBiasCorrection] * m), m, v));
    }
    const V d = on(epsilonInside) ? sqrt(fma(s, c[inverseBiasCorrection], c[epsilon]))
                                  : fma(sqrt(s), c[rootInverseBiasCorrection], c[epsilon]);

    if (!on(withMomentum)) {
      p = p + (c[negativeLearningRate] * g) / d;
    } else {
      const V u = (on(rateInBuffer) ? c[learningRate] * g : g) / d;
      b = c[momentum] * b + u;
      const V w = on(nesterov) ? fma(c[momentum], b, u) : b;
      p = on(rateInBuffer) ? p - w : fma(c[negativeLearningRate], w, p);
    }
  }
};
