import type { PlanRequest } from './engine.js';
import { clipNorms, sumOfChunks } from './norms.js';
import { readRow, rowWidth } from './rows.js';
import { Request } from './step-memory.js';

/** Sums of the squares of chunks, tensor by tensor. */
export interface ChunkSums {
  readonly sums: Float64Array;
  /** For each tensor the number of its first chunk. */
  readonly firstChunks: readonly number[];
  /** How many chunks a tensor has. */
  count(tensor: number): number;
}

/** Writes the norms of some tensors, and what each of their gradients is to be multiplied by. Mirrors native/engine.cpp. */
export function findNorms(
  { rule, rows, rowOf, step }: Pick<PlanRequest, 'rule' | 'rows' | 'rowOf' | 'step'>,
  { sums, firstChunks, count }: ChunkSums,
  first: number,
  end: number,
) {
  const limits = new Float64Array(rowOf.length);
  const width = rowWidth(rule);
  const c: Record<string, number> = {};
  for (let i = first; i < end; i++) {
    const row = rowOf[i] as number;
    const chunk = firstChunks[i] as number;
    step.squares[i] = row < 0 ? 0 : sumOfChunks(sums, chunk, chunk + count(i));
    if (row >= 0) readRow(rule, rows, row * width, (x) => x, [{ c, on: {} }]);
    limits[i] = row < 0 ? Number.POSITIVE_INFINITY : (c.clipNorm as number);
  }
  const globalLimit = step.request[Request.CLIP_GLOBAL_NORM] as number;
  clipNorms(step.squares, limits, first, end, globalLimit, step.norms, step.multipliers);
}
