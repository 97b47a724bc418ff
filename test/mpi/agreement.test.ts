import { expect, test } from 'vitest';
import { difference } from '../bits.js';
import { type Options, optimizers } from '../variants.js';
import { type Distributed, distribute, onRanks, tensors } from './model.js';

const { Class } = optimizers.find(({ name }) => name === 'RMSprop') as (typeof optimizers)[number];

const faultOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    ({ code, message }) => `${code}: ${message}`,
  );

interface Creation {
  readonly what: string;
  make(rank: number): { params?: unknown; options?: Options; bucketLength?: number };
  /** What each of two ranks says; the same if there is one. */
  readonly says: readonly string[];
}

const creations: Creation[] = [
  {
    what: 'another length',
    make: (rank) => ({ params: { w: new Float32Array(100 - rank) } }),
    says: [
      'ERR_RANKS_DISAGREE: Expected params[0][2] to be the same on all ranks, but received 100 from rank 0, 99 from rank 1',
    ],
  },
  {
    what: 'another type',
    make: (rank) => ({ params: rank === 0 ? new Float32Array(9) : new Float64Array(9) }),
    says: [
      'ERR_RANKS_DISAGREE: Expected params[0][1] to be the same on all ranks, but received "float32" from rank 0, "float64" from rank 1',
    ],
  },
  {
    what: 'a tensor more',
    make: (rank) => ({ params: tensors(1).slice(rank) }),
    says: [
      'ERR_RANKS_DISAGREE: Expected params[0][2] to be the same on all ranks, but received 9001 from rank 0, 3 from rank 1',
    ],
  },
  {
    what: 'another hyperparameter',
    make: (rank) => ({ options: { learningRate: 0.1 + rank } }),
    says: [
      'ERR_RANKS_DISAGREE: Expected groups[0].learningRate to be the same on all ranks, but received 0.1 from rank 0, 1.1 from rank 1',
    ],
  },
  {
    what: 'other buckets',
    make: (rank) => ({ bucketLength: 5000 + rank }),
    says: [
      'ERR_RANKS_DISAGREE: Expected bucketLength to be the same on all ranks, but received 5000 from rank 0, 5001 from rank 1',
    ],
  },
  {
    what: 'a wrong option on one rank',
    make: (rank) => ({ options: rank === 1 ? { learningRate: -1 } : {} }),
    says: [
      'ERR_RANK_FAILED: Rank 1 could not take part in DistributedOptimizer.create(): Expected options.learningRate to be a finite number of at least 0, but received -1',
      'ERR_INVALID_OPTION: Expected options.learningRate to be a finite number of at least 0, but received -1',
    ],
  },
  {
    what: 'buckets smaller than a chunk',
    make: () => ({ bucketLength: 4095 }),
    says: [
      'ERR_INVALID_OPTION: Expected bucketLength to be an integer of at least 4096, but received 4095',
    ],
  },
  {
    what: '16-bit parameters',
    make: () => ({ params: new Uint16Array(4), options: { dtype: 'bfloat16' } }),
    says: [
      'ERR_TENSOR_TYPE: Expected params to be a Float32Array or a Float64Array, which ranks can send, but received a Uint16Array',
    ],
  },
];

test.each(creations)('create(): $what', async ({ make, says }) => {
  const faults = await onRanks(2, async (comm) => {
    const { params = tensors(1), options = {}, bucketLength } = make(comm.rank);
    return faultOf(distribute(Class, params, options, comm, bucketLength));
  });
  expect(faults).toEqual([says[0], says.at(-1)]);
});

interface Step {
  readonly what: string;
  /** What a rank does before the step. */
  prepare?(optimizer: Distributed, rank: number): void;
  gradients?(rank: number, params: unknown[]): unknown;
  readonly says: readonly string[];
}

const steps: Step[] = [
  {
    what: 'a gradient that is null on one rank',
    gradients: (rank) => tensors(2).map((tensor, i) => (i === rank ? null : tensor)),
    says: [
      'ERR_RANKS_DISAGREE: Expected nullGradients[0] to be the same on all ranks, but received "[0]" from rank 0, "[1]" from rank 1',
    ],
  },
  {
    what: 'another learning rate',
    prepare: ({ optimizer }, rank) => {
      optimizer.learningRate = 1 + rank;
    },
    says: [
      'ERR_RANKS_DISAGREE: Expected groups[0].learningRate to be the same on all ranks, but received 1 from rank 0, 2 from rank 1',
    ],
  },
  {
    what: 'another length',
    gradients: (rank) => tensors(2).slice(rank),
    says: [
      'ERR_RANK_FAILED: Rank 1 could not take part in step(): Expected grads to have length 6, like params, but received 5',
      'ERR_GRADIENT_NAMES: Expected grads to have length 6, like params, but received 5',
    ],
  },
  {
    what: 'a gradient of another length',
    gradients: (rank) => tensors(2).map((g, i) => (i === 3 ? g.slice(rank) : g)),
    says: [
      'ERR_RANK_FAILED: Rank 1 could not take part in step(): Expected grads[3] to have length 12289, like params[3], but received 12288',
      'ERR_TENSOR_LENGTH: Expected grads[3] to have length 12289, like params[3], but received 12288',
    ],
  },
  {
    what: 'a gradient that is a parameter',
    gradients: (rank, params) => tensors(2).map((g, i) => (rank === 0 && i === 0 ? params[0] : g)),
    says: [
      'ERR_TENSOR_OVERLAP: Expected grads[0] to have memory of its own, but received memory shared with params[0]',
      'ERR_RANK_FAILED: Rank 0 could not take part in step(): Expected grads[0] to have memory of its own, but received memory shared with params[0]',
    ],
  },
  {
    what: 'NaN, which is an error',
    prepare: ({ optimizer }) => Object.assign(optimizer, { onNonFinite: 'throw' }),
    gradients: (rank) => tensors(2).map((g, i) => (i === 3 && rank === 0 ? g.fill(Number.NaN) : g)),
    says: [
      'ERR_GRADIENT_NOT_FINITE: Expected grads[3] to hold finite numbers, but received one that is infinite or NaN',
    ],
  },
];

test.each(steps)(
  'step(): $what: nothing has changed, and steps go on',
  async ({ prepare, gradients = () => tensors(2), says }) => {
    const ranks = await onRanks(2, async (comm) => {
      const params = tensors(1);
      const distributed = await distribute(Class, params, {}, comm);
      prepare?.(distributed, comm.rank);
      const fault = await faultOf(distributed.step(gradients(comm.rank, params)));
      Object.assign(distributed.optimizer, { learningRate: 0.5, onNonFinite: 'propagate' });
      await distributed.step(tensors(2));
      return { params, fault };
    });
    expect(ranks.map(({ fault }) => fault)).toEqual([says[0], says.at(-1)]);
    const expected = tensors(1);
    new Class(expected, { learningRate: 0.5 }).step(tensors(2));
    for (const { params } of ranks) {
      for (const [i, tensor] of expected.entries()) {
        expect(difference(params[i] as never, tensor)).toBeUndefined();
      }
    }
  },
);

test('ranks that make different calls', async () => {
  const faults = await onRanks(2, async (comm) => {
    const distributed = await distribute(Class, tensors(1), {}, comm);
    return faultOf(comm.rank === 0 ? distributed.step(tensors(2)) : distributed.load('/nowhere'));
  });
  expect(faults[0]).toBe(
    'ERR_RANKS_DISAGREE: Expected call to be the same on all ranks, but received "step()" from rank 0, "load()" from rank 1',
  );
  expect(faults[1]).toMatch(/^ERR_CHECKPOINT_READ/);
});
