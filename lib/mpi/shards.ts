import { CHUNK } from '../norms.js';

/** Elements of one tensor, from the one number to the one before `to`. */
export interface Segment {
  readonly tensor: number;
  readonly from: number;
  readonly to: number;
}

/** Which elements of all tensors are whose. */
export interface Shards {
  /** For each rank its elements: at most one segment of each tensor, in their order. */
  readonly ofRanks: readonly (readonly Segment[])[];
  /** The same for each bucket: what is communicated at once. */
  readonly buckets: readonly (readonly (readonly Segment[])[])[];
}

/**
 * Cuts tensors, one after the other, into as many shards as there are ranks, as even as can be, and each shard into as many
 * buckets. Within a tensor a cut is at a multiple of the chunk of norms, so that sums and blocks of a shard are those of the
 * whole.
 *
 * @param most about how many elements of a shard are in one bucket
 */
export function cutShards(lengths: readonly number[], ranks: number, most: number): Shards {
  const starts = [0];
  for (const length of lengths) starts.push((starts.at(-1) as number) + length);
  const total = starts.at(-1) as number;
  const cut = (target: number) => nearestCut(starts, target);
  const cuts = Array.from({ length: ranks + 1 }, (_, r) => cut((total * r) / ranks));
  const longest = Math.max(...cuts.slice(1).map((end, r) => end - (cuts[r] as number)));
  const count = Math.max(1, Math.ceil(longest / most));
  const within = (r: number, k: number) => {
    const [begin, end] = [cuts[r] as number, cuts[r + 1] as number];
    return k === count ? end : cut(begin + ((end - begin) * k) / count);
  };
  const all = Array.from({ length: ranks }, (_, r) => r);
  return {
    ofRanks: all.map((r) => segments(starts, cuts[r] as number, cuts[r + 1] as number)),
    buckets: Array.from({ length: count }, (_, k) =>
      all.map((r) => segments(starts, within(r, k), within(r, k + 1))),
    ),
  };
}

/** The tensor that the element with this number belongs to, of all elements one after the other. */
function tensorAt(starts: readonly number[], at: number): number {
  let [low, high] = [0, starts.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= at) low = middle;
    else high = middle;
  }
  return low;
}

function nearestCut(starts: readonly number[], target: number): number {
  const tensor = tensorAt(starts, target);
  const start = starts[tensor] as number;
  const below = start + Math.floor((target - start) / CHUNK) * CHUNK;
  const above = Math.min(below + CHUNK, starts[tensor + 1] ?? start);
  return target - below <= above - target ? below : above;
}

function segments(starts: readonly number[], begin: number, end: number): Segment[] {
  const found: Segment[] = [];
  for (let tensor = tensorAt(starts, begin); tensor < starts.length - 1; tensor++) {
    const start = starts[tensor] as number;
    if (start >= end) break;
    const from = Math.max(begin, start) - start;
    const to = Math.min(end, starts[tensor + 1] as number) - start;
    if (from < to) found.push({ tensor, from, to });
  }
  return found;
}
