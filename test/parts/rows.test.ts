import { describe, expect, test } from 'vitest';
import { configure, type Isa, type SGD } from '../../lib/index.js';
import type { MemoryArray, Tensor } from '../../lib/tensor.js';
import { around } from '../around/options.js';
import { engines, nativeIsas } from '../engines.js';
import { possible, type Storage, storagesOf } from '../storages.js';
import { type AnyOptimizer, extremes, type Options, optimizers } from '../variants.js';
import { doubles, expectSameArrays, float32, stored, told } from './runs.js';

/** Rprop and Schedule-Free need whole tensors. */
const withRows = optimizers.filter(({ rule }) => !rule.needsWholeTensors);

interface Case {
  Class: (typeof optimizers)[number]['Class'];
  options: Options;
  tensor: (length: number, seed: number) => Tensor;
  count: number;
  width: number;
}

/** Some rows of an array, one after the other. */
function pick(array: MemoryArray, rows: readonly number[], count: number): MemoryArray {
  const width = array.length / count;
  const picked = array.slice(0, rows.length * width);
  for (const [k, row] of rows.entries()) {
    picked.set(array.subarray(row * width, (row + 1) * width), k * width);
  }
  return picked;
}

/** Parameters, states, gradients and what was measured, after steps of these gradients; copies of the rows asked for. */
function follow(
  optimizer: AnyOptimizer,
  parameter: Tensor,
  gradients: readonly Tensor[],
  step: (gradient: Tensor, t: number) => void,
  rows: readonly number[],
  count: number,
) {
  const measured: number[] = [];
  const reports: unknown[] = [];
  const stop = (optimizer as unknown as SGD<Float32Array[]>).onStep(
    ({ report }) => reports.push(report),
    { reportEvery: 2 },
  );
  for (const [t, gradient] of gradients.entries()) {
    optimizer.learningRate = 0.01 / (t + 1);
    step(gradient, t);
    const { gradientNorm, gradientNorms, updated } = optimizer.endStep();
    measured.push(Number(updated), gradientNorm ?? -1, gradientNorms?.[0] ?? -1);
  }
  stop();
  const { states, steps, counters } = told(optimizer);
  const arrays = [parameter as MemoryArray, ...states].map((array) => pick(array, rows, count));
  return {
    arrays: [...arrays, ...(gradients as MemoryArray[])],
    told: { measured, steps, counters },
  };
}

function expectAlike(given: Case, isa: Isa, at: string) {
  const { Class, options, tensor, count, width } = given;
  configure({ isa });
  const all = Array.from({ length: count }, (_, k) => k);
  const gradientsOf = (n: number) => [1, 2, 3].map((t) => tensor(n * width, 7 + t));

  // All rows are the tensor.
  const ways = [false, true].map((asRows) => {
    const parameter = tensor(count * width, 1);
    const optimizer = new Class([parameter], options);
    const rows = Uint32Array.from(all);
    const step = (gradient: Tensor) =>
      asRows ? optimizer.stepRows(0, rows, gradient) : optimizer.stepTensor(0, gradient);
    return follow(optimizer, parameter, gradientsOf(count), step, all, count);
  });
  expect(ways[1]?.told, at).toEqual(ways[0]?.told);
  expectSameArrays(ways[1]?.arrays as MemoryArray[], ways[0]?.arrays as MemoryArray[], at);

  // Some rows, in an order of their own, are a tensor of these rows.
  const some = all.filter((k) => k % 3 !== 1).sort((a, b) => ((a * 7) % 5) - ((b * 7) % 5));
  const others = all.filter((k) => !some.includes(k));
  const parameter = tensor(count * width, 1);
  const small = pick(parameter as MemoryArray, some, count) as Tensor;
  const optimizer = new Class([parameter], options);
  const before = [parameter as MemoryArray, ...told(optimizer).states].map((array) =>
    pick(array, others, count),
  );
  const rows = Int32Array.from(some);
  const found = follow(
    optimizer,
    parameter,
    gradientsOf(some.length),
    (gradient) => optimizer.stepRows(0, rows, gradient),
    some,
    count,
  );
  const twin = new Class([small], options);
  const own = some.map((_, k) => k);
  const expected = follow(
    twin,
    small,
    gradientsOf(some.length),
    (gradient) => twin.stepTensor(0, gradient),
    own,
    own.length,
  );
  expect(found.told, at).toEqual(expected.told);
  expectSameArrays(found.arrays, expected.arrays, at);
  const after = [parameter as MemoryArray, ...told(optimizer).states].map((array) =>
    pick(array, others, count),
  );
  expectSameArrays(after, before, `${at}, other rows`);
}

const sizes = [
  { count: 40, width: 1 },
  { count: 9, width: 5 },
  { count: 7, width: 16 },
];

describe.each(withRows)('$name', ({ rule, Class }) => {
  test.each([
    { type: 'float32', tensor: stored(float32) },
    { type: 'float64', tensor: doubles },
  ])('$type: rows have the bits of a tensor that has no others', ({ type, tensor }) => {
    for (const isa of [...nativeIsas, 'typescript'] as const) {
      for (const options of extremes(rule)) {
        for (const size of sizes) {
          expectAlike({ Class, options, tensor, ...size }, isa, `${type}, ${isa}`);
        }
      }
    }
  });

  test.each(storagesOf(rule))('stored as $dtype, $stateType, copy $masterCopy', (storage) => {
    for (const isa of engines) {
      const [own] = extremes(rule, (variant) => possible(variant, storage)).slice(-1);
      const options = { ...own, ...storage, seed: 3 };
      const size =
        storage.stateType === 'uint8' ? { count: 5, width: 256 } : { count: 50, width: 11 };
      const at = `${JSON.stringify(options)}, ${isa}`;
      expectAlike({ Class, options, tensor: stored(storage), ...size }, isa, at);
    }
  });
});

const [{ Class } = { Class: undefined as never }] = optimizers;
const possibleAround = around.filter(
  ({ clipGlobalNorm, onNonFinite, dynamicLossScale }) =>
    clipGlobalNorm === undefined && onNonFinite === undefined && dynamicLossScale === undefined,
);
const mixed: Storage = { dtype: 'bfloat16', stateType: 'bfloat16', masterCopy: true };
test.each(possibleAround)('around it: %o', (own) => {
  for (const isa of engines) {
    for (const storage of [float32, mixed]) {
      const options = { momentum: 0.5, ...own, ...storage };
      const tensor = stored(storage);
      const at = `${JSON.stringify(options)}, ${isa}`;
      expectAlike({ Class, options, tensor, count: 400, width: 11 }, isa, at);
    }
  }
});

test.each([
  { type: 'float32', tensor: stored(float32), storage: float32 },
  { type: 'bfloat16', tensor: stored(mixed), storage: mixed },
  { type: 'float64', tensor: doubles, storage: {} },
])('$type: gradients of a row that comes again are added up in their order', (given) => {
  const { tensor, storage, type } = given;
  const rows = Int32Array.of(2, 0, 2, 1, 0, 2);
  const gradient = tensor(6 * 3, 5);
  const run = (isa: Isa) => {
    configure({ isa });
    const parameter = tensor(4 * 3, 1);
    const optimizer = new Class([parameter], { ...storage, zeroGradients: true });
    const used = gradient.slice() as Tensor;
    optimizer.stepRows(0, rows, used);
    optimizer.endStep();
    expect(used as MemoryArray).toEqual(gradient.map(() => 0));
    return [parameter as MemoryArray, ...told(optimizer).states];
  };
  const expected = run('typescript');
  for (const isa of nativeIsas) expectSameArrays(run(isa), expected, isa);
  if (type === 'bfloat16') return;

  const sum = tensor(3 * 3, 0).fill(0);
  for (const [i, row] of rows.entries()) {
    // The first gradient begins the sum, so that -0 stays.
    const again = rows.indexOf(row) < i;
    const place = [2, 0, 1].indexOf(row) * 3;
    for (let k = 0; k < 3; k++) {
      const g = gradient[i * 3 + k] as number;
      sum[place + k] = again ? (sum[place + k] as number) + g : g;
    }
  }
  const parameter = tensor(4 * 3, 1);
  const optimizer = new Class([parameter], {});
  optimizer.stepRows(0, Int32Array.of(2, 0, 1), sum);
  optimizer.endStep();
  expectSameArrays([parameter as MemoryArray, ...told(optimizer).states], expected, type);
});

test('rows at regular distances, and many that come again, are found', () => {
  const count = 4096 * 64;
  const given = [
    Int32Array.from({ length: 2000 }, (_, k) => ((k * 7919) % 64) * 4096),
    Int32Array.from({ length: 3000 }, (_, k) => (k * k) % 1000),
  ];
  for (const rows of given) {
    const runs = engines.map((isa) => {
      configure({ isa });
      const parameter = new Float32Array(count).fill(1);
      const optimizer = new Class([parameter], {});
      optimizer.stepRows(0, rows, stored(float32)(rows.length, 3) as Float32Array);
      optimizer.endStep();
      return parameter;
    });
    expectSameArrays([runs[0] as MemoryArray], [runs[1] as MemoryArray], 'native');
  }
});

test('on many threads', () => {
  const [count, width] = [9000, 61];
  const options = { averageDecay: 0.9, clipNorm: 0.5, momentum: 0.9 };
  const rows = Int32Array.from({ length: count }, (_, k) => (k * 7) % (count - 100));
  const run = (isa: Isa, threads: number) => {
    configure({ isa, threads });
    const parameter = stored(float32)(count * width, 1);
    const optimizer = new Class([parameter], options);
    for (let t = 0; t < 3; t++) {
      optimizer.stepRows(0, rows, stored(float32)(count * width, 2 + t));
      optimizer.endStep();
    }
    return [parameter as MemoryArray, ...told(optimizer).states];
  };
  const expected = run(nativeIsas[0] as Isa, 1);
  for (const threads of [2, 3]) {
    expectSameArrays(run(nativeIsas[0] as Isa, threads), expected, `${threads} threads`);
  }
});

test('no rows move nothing, and count as a step', () => {
  for (const isa of engines) {
    configure({ isa });
    const parameter = stored(float32)(6, 1);
    const optimizer = new Class([parameter], { measureNorms: true });
    optimizer.stepRows(0, new Int32Array(0), new Float32Array(0));
    expect(optimizer.endStep().gradientNorm).toBe(0);
    expect(told(optimizer).steps).toEqual([1]);
    expectSameArrays([parameter as MemoryArray], [stored(float32)(6, 1) as MemoryArray], isa);
  }
});
