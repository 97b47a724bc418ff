import { describe, expect, test } from 'vitest';
import { configure, type Isa, type StepResult } from '../../lib/index.js';
import {
  type DataType,
  dataTypes,
  difference,
  ordinaryValue,
  ordinaryValues,
  place,
  specialValues,
  type Tensor,
} from '../bits.js';
import { nativeIsas } from '../engines.js';
import { copies, possible, type Storage, storagesOf, tensorOf } from '../storages.js';
import { arithmetics, extremes, type Options, optimizers } from '../variants.js';
import { around } from './options.js';

interface Case {
  Class: (typeof optimizers)[number]['Class'];
  options: Options;
  lengths: readonly number[];
  /** The tensor with this number, with values that follow from the seed. */
  tensor: (i: number, length: number, seed: number) => Tensor;
  steps: number;
}

/** What comes of each case under one configuration. */
function runAll(cases: readonly Case[], isa: Isa, threads: number, reports = true) {
  configure({ isa, threads });
  return cases.map((given) => run(given, reports));
}

/** All that can be told of some steps: tensors, gradients, states, what was measured and reported. */
function run({ Class, options, lengths, tensor, steps }: Case, reports: boolean) {
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

function expectSame(cases: readonly Case[], threads: readonly number[], asOn: Isa = 'typescript') {
  const expected = runAll(cases, asOn, 1);
  for (const isa of nativeIsas) {
    for (const count of threads) {
      for (const reports of [true, false]) {
        for (const [i, { tensors, told }] of runAll(cases, isa, count, reports).entries()) {
          const like = expected[i] as ReturnType<typeof run>;
          const at = `${JSON.stringify(cases[i]?.options)}, ${isa}, ${count} threads, reports ${reports}`;
          expect(told, at).toStrictEqual(reports ? like.told : unreported(like.told));
          for (const [k, found] of tensors.entries()) {
            const different = difference(found, like.tensors[k] as Tensor);
            if (different) expect.fail(`${at}: tensor ${k} ${different}`);
          }
        }
      }
    }
  }
}

function unreported(told: ReturnType<typeof run>['told']) {
  return { ...told, results: told.results.map((result) => ({ ...result, report: undefined })) };
}

const ordinary = (type: DataType) => (i: number, length: number, seed: number) =>
  place(type, length, 8 * i, ordinaryValues(seed, length)).tensor;

/** Tensors of each data type, at an odd offset. */
const stored = new Map<string, Case['tensor']>();
function storedAs(storage: Storage): Case['tensor'] {
  const known = stored.get(storage.dtype);
  if (known) return known;
  const make = copies((_: number, length: number, seed: number) =>
    tensorOf(storage, length, (k) => ordinaryValue(seed, k)),
  ) as Case['tensor'];
  stored.set(storage.dtype, make);
  return make;
}

/** What happens around a step knows nothing of rules: one has the whole table, the others what goes through all of it. */
const tables = arithmetics.map((optimizer, i) => ({
  ...optimizer,
  table: i === 0 ? around : [around.at(-1), { accumulationSteps: 2, clipNorm: 1 }],
}));

describe.each(tables)('$name', ({ rule, Class, table }) => {
  test.each(dataTypes)(
    '%s: all that happens around a step has the bits of the reference',
    (type) => {
      const cases = extremes(rule).flatMap((options) =>
        table.map((own) => ({
          Class,
          options: { ...options, ...own },
          lengths: [5, 37, 0, 2111],
          tensor: ordinary(type),
          steps: 4,
        })),
      );
      expectSame(cases, [1]);
    },
  );
});

describe.each(tables.slice(0, 3))('$name', ({ rule, Class, table }) => {
  test('on many threads', () => {
    const cases = extremes(rule).flatMap((options) =>
      table.slice(-2).map((own) => ({
        Class,
        options: { ...options, ...own },
        lengths: [70_007, 5, 60_011],
        tensor: ordinary('float32'),
        steps: 3,
      })),
    );
    // The reference is long in coming: other rules have the bits of one thread, of which that is known.
    expectSame(cases, [2, 7], rule === optimizers[0]?.rule ? 'typescript' : nativeIsas[0]);
  });

  test.each(storagesOf(rule))(
    'stored as $dtype, $stateType, master copy $masterCopy',
    (storage) => {
      const options = extremes(rule, (variant) => possible(variant, storage)).at(-1);
      const cases = table.map((own) => ({
        Class,
        options: { ...options, ...own, ...storage },
        lengths: [5, 37, 2111],
        tensor: storedAs(storage),
        steps: 4,
      }));
      expectSame(cases, [1]);
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
  const cases = [...around, ...ends].map((options) => ({
    Class,
    options,
    lengths,
    tensor,
    steps: 3,
  }));
  expectSame(cases, [1]);
});

test.each(dataTypes)('%s: every length and place of a gradient has its norm', (type) => {
  const [{ Class } = { Class: undefined as never }] = optimizers;
  const lengths = [...Array.from({ length: 70 }, (_, n) => n), 4095, 4096, 4097, 12_289];
  const cases = lengths.flatMap((length) =>
    [{ measureNorms: true }, { clipNorm: 0.1, lossScale: 3 }].map((options) => ({
      Class,
      options,
      lengths: [length, 3],
      tensor: ordinary(type),
      steps: 2,
    })),
  );
  expectSame(cases, [1]);
});
