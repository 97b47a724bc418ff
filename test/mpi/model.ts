import { DistributedOptimizer } from '../../lib/mpi/distributed-optimizer.js';
import type { Ranks } from '../../lib/mpi/ranks.js';
import type { StepResult } from '../../lib/step-control.js';
import { ordinaryValue } from '../bits.js';
import { copies } from '../storages.js';
import type { AnyOptimizer, Options, optimizers } from '../variants.js';
import { simulatedRanks } from './simulated-ranks.js';

export type FloatTensor = Float32Array | Float64Array;
export type Class = (typeof optimizers)[number]['Class'];

/** Tensors larger and smaller than chunks of norms and shards, one of them empty. */
export const lengths = [9001, 3, 0, 12289, 4096, 7];

const tensor = copies((seed: number, t: number, isWide: boolean) => {
  const View = isWide ? Float64Array : Float32Array;
  return new View(lengths[t] as number).map((_, i) => ordinaryValue(seed * 100 + t, i));
});

/** A list, the same numbers for the same seed; one is of float64, where states are not narrow. */
export function tensors(seed: number, { stateType = 'float32' }: Options = {}): FloatTensor[] {
  return lengths.map((_, t) => tensor(seed, t, t === 3 && stateType === 'float32') as FloatTensor);
}

/** What the tests use of a distributed optimizer, whatever its rule. */
export type Distributed = Omit<DistributedOptimizer<object, never>, 'step' | 'optimizer'> & {
  readonly optimizer: AnyOptimizer;
  step(gradients: unknown): Promise<StepResult>;
};

export async function distribute(
  Class: Class,
  params: unknown,
  options: Options,
  comm: Ranks,
  bucketLength = 4096,
): Promise<Distributed> {
  return DistributedOptimizer.create(Class as never, params as never, options as never, {
    comm,
    bucketLength,
  }) as never;
}

/** Runs a program on so many simulated ranks. Returns what each has brought. */
export function onRanks<T>(size: number, program: (comm: Ranks) => Promise<T>): Promise<T[]> {
  return Promise.all(simulatedRanks(size).map(program));
}
