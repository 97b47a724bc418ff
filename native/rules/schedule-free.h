// Schedule-Free learning: Defazio et al., The Road Less Scheduled, arXiv:2405.15682, around RMSprop and AdamW.
// Mirrors lib/rules/schedule-free.ts line for line.
#pragma once
#include "../names.h"
#include "../switches.h"

struct ScheduleFree : OneLoop {
  static constexpr const char* name = "schedule-free";
  NAMES(State, baseParameter, squareAverage);
  NAMES(Scalar, decay, oneMinusDecay, biasCorrection, epsilon, weightDecay, averageWeight, negativeStep,
        negativeLearningRate, baseWeight, lowerBound, upperBound);
  NAMES(Switch, starts, decays, bounded);

  static constexpr bool isSigned(unsigned state) { return state == baseParameter; }

  template <class V, class Uniform, class On>
  static void update(V& p, V g, V* state, const Uniform* c, On on) {
    V& z = state[baseParameter];
    V& v = state[squareAverage];

    if (on(starts)) z = p;
    v = fma(c[oneMinusDecay] * g, g, c[decay] * v);
    V u = g / (sqrt(v / c[biasCorrection]) + c[epsilon]);
    if (on(decays)) u = fma(c[weightDecay], p, u);
    const V y = lerp(p, z, c[averageWeight]);
    V next = fma(c[negativeLearningRate], u, z);
    if (on(bounded)) {
      next = clamp(next, c[lowerBound], c[upperBound]);
      p = fma(c[baseWeight], next - z, y);
    } else {
      p = fma(c[negativeStep], u, y);
    }
    z = next;
  }
};
