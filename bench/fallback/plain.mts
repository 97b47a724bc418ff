/** Rules as they are written by hand: one loop, in double arithmetic, rounded where a number is stored. */

export type Rule = 'SGD' | 'RMSprop' | 'Adam';

/** Makes what takes a step of a rule with its default options. */
export const plain: Record<Rule, (w: Float32Array, g: Float32Array) => () => void> = {
  SGD(w, g) {
    const learningRate = 0.01;
    return () => {
      for (let i = 0; i < w.length; i++) w[i] -= learningRate * g[i];
    };
  },

  RMSprop(w, g) {
    const [learningRate, decay, epsilon] = [0.001, 0.9, 1e-7];
    const v = new Float32Array(w.length);
    return () => {
      for (let i = 0; i < w.length; i++) {
        v[i] = decay * v[i] + (1 - decay) * g[i] * g[i];
        w[i] -= (learningRate * g[i]) / Math.sqrt(v[i] + epsilon);
      }
    };
  },

  Adam(w, g) {
    const [learningRate, beta1, beta2, epsilon] = [0.001, 0.9, 0.999, 1e-8];
    const m = new Float32Array(w.length);
    const v = new Float32Array(w.length);
    let t = 0;
    return () => {
      t++;
      const stepSize = learningRate / (1 - beta1 ** t);
      const root = Math.sqrt(1 - beta2 ** t);
      for (let i = 0; i < w.length; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * g[i];
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
        w[i] -= (stepSize * m[i]) / (Math.sqrt(v[i]) / root + epsilon);
      }
    };
  },
};
