import type { RuleKey } from '../contenders.mts';
import { local } from '../measure.mts';
import type { Tensors } from '../tensors.mts';
import type { Peer } from './peer.mts';

/** The loop that one would write without a package. */
export const javascript: Peer = {
  key: 'javascript',
  name: 'JavaScript loop',
  version: `Node ${process.version}`,
  prepare(rule: RuleKey, tensors: Tensors, threads: number) {
    if (threads > 1) return 'has one thread';
    if (rule === 'rmsprop') return local(rmsprop(tensors));
    if (rule === 'adam') return local(adam(tensors));
    return 'not written';
  },
};

function rmsprop({ parameters, gradients }: Tensors) {
  const averages = parameters.map(({ length }) => new Float32Array(length));
  const update = (p: Float32Array, g: Float32Array, v: Float32Array) => {
    for (let i = 0; i < p.length; i++) {
      v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i];
      p[i] -= (0.001 * g[i]) / Math.sqrt(v[i] + 1e-7);
    }
  };
  return () => {
    for (let i = 0; i < parameters.length; i++) update(parameters[i], gradients[i], averages[i]);
  };
}

function adam({ parameters, gradients }: Tensors) {
  const means = parameters.map(({ length }) => new Float32Array(length));
  const squares = parameters.map(({ length }) => new Float32Array(length));
  let steps = 0;
  const update = (p: Float32Array, g: Float32Array, m: Float32Array, v: Float32Array) => {
    const rate = 0.001 / (1 - 0.9 ** steps);
    const correction = Math.sqrt(1 - 0.999 ** steps);
    for (let i = 0; i < p.length; i++) {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
      p[i] -= (rate * m[i]) / (Math.sqrt(v[i]) / correction + 1e-8);
    }
  };
  return () => {
    steps++;
    for (let i = 0; i < parameters.length; i++) {
      update(parameters[i], gradients[i], means[i], squares[i]);
    }
  };
}
