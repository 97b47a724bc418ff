import { failure, show } from '../errors.js';
import { type Parameter, type ParsedParams, parseParams } from '../params.js';
import { place } from '../placement.js';
import type { Tensor } from '../tensor.js';
import type { FloatArray } from './binding.js';
import type { Ranks } from './ranks.js';
import { cutShards, type Segment, type Shards } from './shards.js';

/** A class of this package, or a subclass. */
export type OptimizerClass<Options, Optimizer> = new (
  params: Record<string, Float32Array>,
  options?: Options,
) => Optimizer;

/** What a distributed optimizer is made of. */
export interface Parts<Optimizer> {
  readonly optimizer: Optimizer;
  readonly parameters: readonly Parameter[];
  readonly shards: Shards;
  readonly own: readonly Segment[];
}

export function makeParts<Options extends object, Optimizer>(
  Class: OptimizerClass<Options, Optimizer>,
  params: unknown,
  options: Options | undefined,
  ranks: Ranks,
  bucketLength: number,
): Parts<Optimizer> {
  const parsed = parseParams(params, () => ({ dtype: 'bfloat16' }) as never);
  const parameters = parsed.groups.flatMap((group) => group.parameters);
  requireFloats(parameters);
  const lengths = parameters.map(({ length }) => length);
  const most = ranks.size > 1 ? bucketLength : Number.POSITIVE_INFINITY;
  const shards = cutShards(lengths, ranks.size, most);
  const own = segmentsOfTensors(shards.ofRanks[ranks.rank] as Segment[], parameters.length);
  const parts = own.map(({ tensor, from, to }) => {
    const whole = (parameters[tensor] as { tensor: FloatArray }).tensor;
    const part = whole.subarray(from, to);
    place(part, { from, wholeLength: whole.length });
    return part;
  });
  const optimizer = new Class(withParts(parsed, params, parts) as never, options);
  return { optimizer, parameters, shards, own };
}

function requireFloats(parameters: readonly Parameter[]) {
  for (const { path, tensor, type } of parameters) {
    if (type === 'float32' || type === 'float64') continue;
    const expected = `params${path} to be a Float32Array or a Float64Array, which ranks can send`;
    throw failure(TypeError, 'ERR_TENSOR_TYPE', expected, show(tensor));
  }
}

/** The segment of each tensor that belongs to a shard: an empty one where it has none. */
function segmentsOfTensors(shard: readonly Segment[], tensors: number): Segment[] {
  const all = Array.from({ length: tensors }, (_, tensor) => ({ tensor, from: 0, to: 0 }));
  for (const segment of shard) all[segment.tensor] = segment;
  return all;
}

/** Parameters in the shape in which they were given, with parts of the tensors in their place. */
function withParts(
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
