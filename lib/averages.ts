import { allocate, type State, stateNames } from './state.js';
import { byteLengthOf, bytesOf, isDetached } from './tensor.js';
import { encode } from './types/codecs.js';

/** Whether an average of any parameter is kept. */
export function hasAverages(state: State): boolean {
  return state.parameters.some((_, i) => averageOf(state, i) !== undefined);
}

/**
 * Puts averages in the place of the parameters that have been updated. Returns what puts the parameters back, but for those
 * whose memory is gone.
 */
export function swapInAverages(state: State): () => void {
  const { parameters, steps } = state;
  const averaged = parameters.flatMap((parameter, i) => {
    const average = steps[i] === 0 ? undefined : averageOf(state, i);
    return average ? { ...parameter, average } : [];
  });
  const total = averaged.reduce((sum, { tensor }) => sum + byteLengthOf(tensor), 0);
  const aside = new Uint8Array(allocate(total, 'the parameters'));
  let end = 0;
  const swapped = averaged.map(({ tensor, type, average }) => {
    const kept = aside.subarray(end, end + byteLengthOf(tensor));
    end += kept.length;
    kept.set(bytesOf(tensor));
    encode(average, tensor, type);
    return { tensor, kept };
  });
  return () => {
    for (const { tensor, kept } of swapped) {
      if (!isDetached(tensor)) bytesOf(tensor).set(kept);
    }
  };
}

/** Sets the average of a tensor, if one is kept, to what the tensor is. */
export function startAverage(state: State, i: number) {
  state.start(i, rankOfAverage(state), {});
}

function averageOf(state: State, i: number) {
  return state.arrays(i, rankOfAverage(state))[0]?.values;
}

function rankOfAverage({ rule }: State): number {
  return stateNames(rule).indexOf('parameterAverage');
}
