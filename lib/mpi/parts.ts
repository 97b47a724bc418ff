import type { Parameter, ParsedParams } from '../params.js';
import type { Tensor } from '../tensor.js';
import type { Segment } from './shards.js';

/** The segment of each tensor that belongs to a shard: an empty one where it has none. */
export function segmentsOfTensors(shard: readonly Segment[], tensors: number): Segment[] {
  const all = Array.from({ length: tensors }, (_, tensor) => ({ tensor, from: 0, to: 0 }));
  for (const segment of shard) all[segment.tensor] = segment;
  return all;
}

/** Parameters in the shape in which they were given, with parts of the tensors in their place. */
export function withParts(
  { groups, grouped }: ParsedParams,
  params: unknown,
  parts: readonly Tensor[],
): object {
  let first = 0;
  const shaped = groups.map(({ parameters, shape }) => {
    const own = parts.slice(first, first + parameters.length);
    first += own.length;
    if (shape === 'one') return own[0] as Tensor;
    if (shape === 'list') return own;
    return Object.fromEntries(own.map((part, i) => [(parameters[i] as Parameter).name, part]));
  });
  if (!grouped) return shaped[0] as object;
  return shaped.map((own, k) => ({ ...(params as object[])[k], params: own }));
}
