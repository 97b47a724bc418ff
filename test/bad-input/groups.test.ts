import { describe, expect, test } from 'vitest';
import { configure, type Isa, SGD } from '../../lib/index.js';
import { detached, engines, expectFailure, type Failure, f32 } from './failure.js';

/** An optimizer of two groups, averages of which are kept; and its first tensor. */
function trained() {
  const [w, b] = [f32(1, 2), f32(3)];
  const optimizer = new SGD([{ params: { w } }, { params: b, learningRate: 1 }], {
    averageDecay: 0.5,
  });
  optimizer.step([{ w: f32(1, 1) }, f32(1)]);
  return { optimizer, w };
}

type Given = ReturnType<typeof trained>;
type Row = [string, (given: Given) => unknown, Failure['kind'], string, string];

const tensor = 'a Float32Array, Float64Array or, with the option dtype, Uint16Array';
const rows: Row[] = [
  [
    'that is nothing',
    () => undefined,
    TypeError,
    'ERR_INVALID_PARAMS',
    'Expected params[2] to be a group with params, like params[0], but received undefined',
  ],
  [
    'that is a tensor',
    () => f32(1),
    TypeError,
    'ERR_INVALID_PARAMS',
    'Expected params[2] to be a group with params, like params[0], but received a Float32Array',
  ],
  [
    'without tensors',
    () => ({ params: [] }),
    TypeError,
    'ERR_INVALID_PARAMS',
    'Expected params[2].params to hold at least one tensor, but received an array of length 0',
  ],
  [
    'with something else among the tensors',
    () => ({ params: { v: f32(1), n: 3 } }),
    TypeError,
    'ERR_TENSOR_TYPE',
    `Expected params[2].n to be ${tensor}, but received 3`,
  ],
  [
    'with an unknown option',
    () => ({ params: f32(1), lr: 1 }),
    TypeError,
    'ERR_UNKNOWN_OPTION',
    expect.stringMatching(/^Expected params\[2\] to have only .*"lr", which here is learningRate$/),
  ],
  [
    'with an option that holds for all groups',
    () => ({ params: f32(1), clipGlobalNorm: 1 }),
    TypeError,
    'ERR_UNKNOWN_OPTION',
    'Expected params[2] to have no clipGlobalNorm, which holds for all groups, but received one',
  ],
  [
    'with a bad option',
    () => ({ params: f32(1), momentum: 2 }),
    RangeError,
    'ERR_INVALID_OPTION',
    'Expected params[2].momentum to be a number from 0 to 1, but received 2',
  ],
  [
    'with a pattern that matches the name of another group',
    () => ({ params: { v: f32(1) }, frozen: ['*', 'w'] }),
    RangeError,
    'ERR_NO_MATCH',
    'Expected params[2].frozen to have patterns of which each matches the name of a tensor, but received "w"',
  ],
  [
    'with options that do not go together',
    () => ({ params: f32(1), lowerBound: 2, upperBound: 1 }),
    RangeError,
    'ERR_CONFLICTING_OPTIONS',
    'Expected params[2].lowerBound to be at most params[2].upperBound, 1, but received 2',
  ],
  [
    'that cannot be stored so',
    () => ({ params: new Float64Array(1), stateType: 'uint8' }),
    RangeError,
    'ERR_CONFLICTING_OPTIONS',
    "Expected params[2].stateType to be 'float32' for params[2], but received 'uint8' for a Float64Array",
  ],
  [
    'with a tensor that it has already',
    ({ w }) => ({ params: { again: w } }),
    RangeError,
    'ERR_TENSOR_OVERLAP',
    'Expected params[2].again to have memory of its own, but received memory shared with params[0].w',
  ],
  [
    'with a detached tensor',
    () => ({ params: detached() }),
    RangeError,
    'ERR_TENSOR_DETACHED',
    'Expected params[2] to have its memory, but received a detached buffer',
  ],
  [
    'with more tensors than one call can take',
    () => ({ params: new Array(16383).fill(f32()) }),
    RangeError,
    'ERR_INVALID_PARAMS',
    'Expected params to hold at most 16384 tensors, but received 16385',
  ],
  [
    'with shared memory behind two buffer objects',
    () => {
      configure({ isa: engines[0] as Isa });
      const buffer = new SharedArrayBuffer(16);
      return { params: [new Float32Array(buffer), new Float32Array(structuredClone(buffer))] };
    },
    RangeError,
    'ERR_TENSOR_OVERLAP',
    'Expected params to have memory of its own, but received memory shared with a parameter',
  ],
];

const add = ({ optimizer }: Given, group: unknown) => optimizer.addGroup(group as { params: [] });

describe('a group is not added', () => {
  test.each(rows)('%s', (does, group, kind, code, says) => {
    const given = trained();
    const { optimizer } = given;
    const before = [optimizer.stateDict(), optimizer.groups, optimizer.averageDecay];
    const run = () => add(given, group(given));
    expectFailure({ does, run, kind, code, says });
    expect([optimizer.stateDict(), optimizer.groups, optimizer.averageDecay]).toEqual(before);
    optimizer.step([{ w: f32(1, 1) }, f32(1)]);
  });

  test.each([
    ['one tensor', f32(1), 'a tensor'],
    ['a list of tensors', [f32(1)], 'a list of tensors'],
    ['a record', { w: f32(1) }, 'a record'],
  ])('to %s', (does, params, received) => {
    const optimizer = new SGD(params as never);
    const run = () => optimizer.addGroup({ params: f32(1) } as never);
    const [kind, code] = [TypeError, 'ERR_INVALID_PARAMS'];
    const says = `Expected params to be a list of groups, where a group is added, but received ${received}`;
    expectFailure({ does, run, kind, code, says });
  });

  const busy = (reason: string) => ({
    kind: RangeError,
    code: 'ERR_OPTIMIZER_BUSY',
    says: `Expected addGroup() when nothing is at work on the optimizer, but received a call ${reason}`,
  });

  test('while a step is pending', async () => {
    const given = trained();
    const step = given.optimizer.stepAsync([{ w: f32(1, 1) }, f32(1)]);
    const run = () => add(given, { params: f32(1) });
    expectFailure({ does: '', run, ...busy('while a promise of it is pending') });
    await step;
    expect(run().groups).toHaveLength(3);
  });

  test('while averages are swapped in', () => {
    const given = trained();
    given.optimizer.swapInAverages();
    const run = () => add(given, { params: f32(1) });
    expectFailure({ does: '', run, ...busy('while averages are swapped in') });
    given.optimizer.swapOutAverages();
    expect(run().groups).toHaveLength(3);
  });

  test('from within a step', () => {
    const given = trained();
    const group = { params: f32(1) };
    const gradients = [
      {
        get w() {
          add(given, group);
          return f32(1, 1);
        },
      },
      f32(1),
    ];
    const run = () => given.optimizer.step(gradients as never);
    expectFailure({ does: '', run, ...busy('from within another') });
    expect(given.optimizer.groups).toHaveLength(2);
  });

  test('from within another such call', () => {
    const given = trained();
    const group = {
      get params() {
        add(given, { params: f32(1) });
        return f32(1);
      },
    };
    const run = () => given.optimizer.addGroup(group);
    expectFailure({ does: '', run, ...busy('from within another') });
    expect(given.optimizer.groups).toHaveLength(2);
    expect(add(given, { params: f32(1) }).groups).toHaveLength(3);
  });
});
