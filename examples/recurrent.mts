import { nn, numpy as np } from '@jax-js/jax';
import type { Random } from './random.mts';
import { uniform } from './weights.mts';

/** A gated recurrent unit: Cho et al., arXiv:1406.1078. */
export type Unit = Record<'input' | 'bias' | 'gates' | 'candidate', np.Array>;

export function createUnit(random: Random, inputs: number, hidden: number): Unit {
  return {
    input: uniform(random, inputs, 3 * hidden),
    bias: np.zeros([3 * hidden]),
    gates: uniform(random, hidden, 2 * hidden),
    candidate: uniform(random, hidden, hidden),
  };
}

/** What the unit makes of its inputs [..., inputs], before any state comes in: of all steps at once. */
export function prepareInputs(unit: Unit, inputs: np.Array): np.Array {
  return np.dot(inputs, unit.input.ref).add(unit.bias.ref);
}

/**
 * The state [count, hidden] after a step. `prepared` [count, 3 hidden] and the state are used up, the unit is not; where
 * `moves` [count, 1] is 0 the state stays.
 */
export function step(unit: Unit, prepared: np.Array, state: np.Array, moves?: np.Array): np.Array {
  const hidden = state.shape[1];
  const part = (from: number, to: number) => prepared.ref.slice([], [from * hidden, to * hidden]);
  const gates = nn.sigmoid(np.dot(state.ref, unit.gates.ref).add(part(0, 2)));
  const reset = gates.ref.slice([], [0, hidden]);
  const update = gates.slice([], [hidden, 2 * hidden]);
  const candidate = np.tanh(np.dot(state.ref.mul(reset), unit.candidate.ref).add(part(2, 3)));
  prepared.dispose();
  const amount = moves ? update.mul(moves) : update;
  return state.ref.add(amount.mul(candidate.sub(state)));
}

export function dispose(unit: Unit): void {
  for (const array of Object.values(unit)) array.dispose();
}
