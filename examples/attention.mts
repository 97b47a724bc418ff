import { nn, numpy as np } from '@jax-js/jax';
import { dispose, prepareInputs, step, type Unit } from './recurrent.mts';

/**
 * The states [length, count, hidden] after each of the inputs [length * count, inputs], from the last one to the first; they
 * stay where `isThere` [length, count, 1] is 0. Inputs of three dimensions would make jax-js hundreds of times slower: the
 * gradient of a product writes all that is to be summed.
 */
export function encode(unit: Unit, inputs: np.Array, isThere: np.Array): np.Array {
  const [length, count] = isThere.shape;
  const hidden = unit.candidate.shape[1];
  const prepared = prepareInputs(unit, inputs).reshape([length, count, 3 * hidden]);
  let state = np.zeros([count, hidden]);
  const states: np.Array[] = [];
  for (let t = length - 1; t >= 0; t--) {
    state = step(unit, prepared.ref.slice(t), state, isThere.ref.slice(t));
    states.unshift(state.ref);
  }
  for (const array of [state, prepared, isThere]) array.dispose();
  dispose(unit);
  return np.stack(states);
}

/**
 * Lets a decoder run over the states of an encoder: in each step it attends to those that are like its own (Luong et al.,
 * arXiv:1508.04025, with the dot product). `say` gets its state and what it attends to, one beside the other, and returns the
 * next input [count, inputs]; `input` is the first.
 */
export function decode(
  unit: Unit,
  states: np.Array,
  isThere: np.Array,
  length: number,
  input: np.Array,
  say: (t: number, seen: np.Array) => np.Array,
): void {
  const silence = isThere.sub(1).mul(1e9); // for places where there is nothing
  let state = states.ref.slice(0);
  for (let t = 0; t < length; t++) {
    const likeness = states.ref.mul(state.ref).sum(2, { keepdims: true }).add(silence.ref);
    const context = states.ref.mul(nn.softmax(likeness, 0)).sum(0);
    state = step(unit, prepareInputs(unit, np.concatenate([input, context.ref], 1)), state);
    input = say(t, np.concatenate([state.ref, context], 1));
  }
  for (const array of [states, silence, state, input]) array.dispose();
  dispose(unit);
}
