import { describe, expect, test } from 'vitest';
import { configure, type Isa, type StepResult } from '../../lib/index.js';
import {
  type DataType,
  dataTypes,
  difference,
  ordinaryValue,
  place,
  specialValues,
  type Tensor,
} from '../bits.js';
import { nativeIsas } from '../engines.js';
import { possible, storagesOf, tensorOf } from '../storages.js';
import { extremes, type Options, optimizers } from '../variants.js';
import { around } from './options.js';

interface Case {
  Class: (typeof optimizers)[number]['Class'];
  options: Options;
  lengths: readonly number[];
  /** The tensor with this number, with values that follow from the seed. */
  tensor: (i: number, length: number, seed: number) => Tensor;
  steps: number;
}

/** All that can be told of some steps: tensors, gradients, states, what was measured and reported. */
function run(
  { Class, options, lengths, tensor, steps }: Case,
  isa: Isa,
  threads: number,
  reports = true,
) {
  configure({ isa, threads });
  const params = lengths.map((length, i) => tensor(i, length, i));
  const optimizer = new Class(params, options);
  const results: StepResult[] = [];
  const gradients: Tensor[] = [];
  for (let t = 0; t < steps; t++) {
    const own = lengths.map((length, i) => (t === 1 && i === 1 ? null : tensor(i, length, 9 + t)));
    const { gradientNorms, ...rest } = optimizer[reports ? 'stepWithReport' : 'step'](own);
    results.push({ ...rest, gradientNorms: gradientNorms?.slice() });
    gradients.push(...own.filter((gradient) => gradient !== null));
  }
  const { groups, counters } = optimizer.stateDict();
  const states = groups.flatMap((g) => g.tensors.flatMap(({ state }) => Object.values(state)));
  const told = {
    results,
    counters,
    steps: groups.map((g) => g.tensors.map(({ step, numbers }) => ({ step, numbers }))),
  };
  return { tensors: [...params, ...gradients, ...states], told };
}

function expectSame(given: Case, threads: readonly number[]) {
  const expected = run(given, 'typescript', 1);
  const results = expected.told.results.map((result) => ({ ...result, report: undefined }));
  const unreported = { ...expected, told: { ...expected.told, results } };
  for (const isa of nativeIsas) {
    for (const count of threads) {
      for (const reports of [true, false]) {
        const { tensors, told } = run(given, isa, count, reports);
        const like = reports ? expected : unreported;
        const at = `${JSON.stringify(given.options)}, ${isa}, ${count} threads, reports ${reports}`;
        expect(told, at).toStrictEqual(like.told);
        for (const [k, found] of tensors.entries()) {
          const different = difference(found, like.tensors[k] as Tensor);
          if (different) expect.fail(`${at}: tensor ${k} ${different}`);
        }
      }
    }
  }
}

const ordinary = (type: DataType) => (i: number, length: number, seed: number) =>
  place(type, length, 8 * i, (k) => ordinaryValue(seed, k)).tensor;

/** What happens around a step knows nothing of rules: one has the whole table, the others what goes through all of it. */
const tables = optimizers.map((optimizer, i) => ({
  ...optimizer,
  table: i === 0 ? around : [around.at(-1), { accumulationSteps: 2, clipNorm: 1 }],
}));

describe.each(tables)('$name', ({ rule, Class, table }) => {
  test.each(dataTypes)(
    '%s: all that happens around a step has the bits of the reference',
    (type) => {
      for (const options of extremes(rule)) {
        for (const own of table) {
          const given = { Class, options: { ...options, ...own }, lengths: [5, 37, 0, 2111] };
          expectSame({ ...given, tensor: ordinary(type), steps: 4 }, [1]);
        }
      }
    },
  );
});

describe.each(tables.slice(0, 3))('$name', ({ rule, Class, table }) => {
  test('on many threads', () => {
    for (const options of extremes(rule)) {
      for (const own of table.slice(-2)) {
        const given = { Class, options: { ...options, ...own }, lengths: [150_007, 5, 130_011] };
        expectSame({ ...given, tensor: ordinary('float32'), steps: 3 }, [2, 7]);
      }
    }
  });

  test.each(storagesOf(rule))(
    'stored as $dtype, $stateType, master copy $masterCopy',
    (storage) => {
      for (const options of extremes(rule, (variant) => possible(variant, storage)).slice(-1)) {
        for (const own of table) {
          const given = {
            Class,
            options: { ...options, ...own, ...storage },
            lengths: [5, 37, 2111],
          };
          const tensor = (_: number, length: number, seed: number) =>
            tensorOf(storage, length, (k) => ordinaryValue(seed, k)) as Tensor;
          expectSame({ ...given, tensor, steps: 4 }, [1]);
        }
      }
    },
  );
});

test.each(dataTypes)('%s: special values have the bits of the reference', (type) => {
  // Every pair of a parameter and a gradient, one tensor for each gradient: else one norm would be that of all.
  const special = specialValues[type];
  const lengths = special.map(() => special.length);
  const tensor = (i: number, length: number, seed: number) =>
    place(type, length, 8 * i, (k) => special[(seed < 9 ? k : i + seed) % length] as number).tensor;
  const [{ Class } = { Class: undefined as never }] = optimizers;
  const ends = [
    { clipValue: 1e-46, clipNorm: 1e-300, clipGlobalNorm: 1e-310, lossScale: 2 ** 126 },
    { lossScale: 2 ** -126, lowerBound: -0, upperBound: 0 },
  ];
  for (const options of [...around, ...ends]) {
    expectSame({ Class, options, lengths, tensor, steps: 3 }, [1]);
  }
});

test.each([...dataTypes])('%s: every length and place of a gradient has its norm', (type) => {
  for (const length of [...Array.from({ length: 70 }, (_, n) => n), 4095, 4096, 4097, 12_289]) {
    for (const own of [{ measureNorms: true }, { clipNorm: 0.1, lossScale: 3 }]) {
      const [{ Class } = { Class: undefined as never }] = optimizers;
      expectSame(
        { Class, options: own, lengths: [length, 3], steps: 2, tensor: ordinary(type) },
        [1],
      );
    }
  }
});
