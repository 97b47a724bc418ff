import type { Ranks } from './ranks.js';

/**
 * What all ranks have, one after the other, and the part of each.
 *
 * @param counts how much each of them has; as much as this one, if not given
 */
export async function gather<T extends Float64Array | Uint8Array>(
  ranks: Ranks,
  own: T,
  counts: readonly number[] = new Array(ranks.size).fill(own.length),
): Promise<{ all: T; parts: T[] }> {
  let end = 0;
  const starts = counts.map((count) => {
    const start = end;
    end += count;
    return start;
  });
  const View = own.constructor as new (length: number) => T;
  const all = new View(end);
  all.set(own, starts[ranks.rank]);
  await ranks.allGatherAsync(all, { counts });
  const part = (start: number, r: number) => all.subarray(start, start + (counts[r] as number));
  return { all, parts: starts.map(part) as T[] };
}
