import { describe, expect, test } from 'vitest';
import { Adam, AdamW, configure, lrFinder, SGD } from '../../lib/index.js';
import type { Tensor } from '../../lib/tensor.js';
import { around } from '../around/options.js';
import { arrayTypes, difference, ordinaryValue } from '../bits.js';
import { engines, nativeIsas } from '../engines.js';
import { storages, tensorOf } from '../storages.js';
import { extremes, type Options, optimizers } from '../variants.js';

const f32 = (...values: number[]) => Float32Array.from(values);
const f64 = (...values: number[]) => Float64Array.from(values);

type AnyClass = (typeof optimizers)[number]['Class'];
type Make = (length: number, seed: number) => Tensor;
const make =
  (type: 'float32' | 'float64'): Make =>
  (length, seed) =>
    new arrayTypes[type](length).map((_, i) => ordinaryValue(seed, i));

const names = ['a.weight', 'a.bias', 'norm.weight', 'b.weight', 'b.bias'];
const lengths = [300, 5, 33, 40, 0];
const record = <T>(values: readonly T[]) =>
  Object.fromEntries(values.map((value, i) => [names[i] as string, value]));

type Step = (gradients: (Tensor | null)[], t: number, optimizer: Options) => void;

/** Some steps with one tensor of each name; before each, `prepare` may change the gradients and the options. */
function run(Class: AnyClass, options: Options, tensor: Make, prepare?: Step) {
  const tensors = lengths.map((length, i) => tensor(length, i));
  const optimizer = new Class(record(tensors) as never, options);
  const norms: unknown[] = [];
  for (let t = 0; t < 5; t++) {
    const gradients: (Tensor | null)[] = lengths.map((length, i) => tensor(length, 10 + 7 * t + i));
    prepare?.(gradients, t, optimizer as unknown as Options);
    norms.push(optimizer.step(record(gradients) as never).gradientNorms?.slice());
  }
  const saved = optimizer.stateDict().groups[0]?.tensors ?? [];
  return {
    tensors: tensors.map((own, i) => [own, ...Object.values(saved[i]?.state ?? {})]),
    saved,
    norms,
  };
}
type Run = ReturnType<typeof run>;

function expectSame(found: Run, expected: Run, which: (i: number) => boolean, at: string) {
  for (const [i, arrays] of expected.tensors.entries()) {
    if (!which(i)) continue;
    for (const [k, array] of arrays.entries()) {
      const different = difference(found.tensors[i]?.[k] as never, array as never);
      if (different) expect.fail(`${at}: ${names[i]}, array ${k} ${different}`);
    }
  }
}

const isExcluded = (i: number) => /bias|norm/.test(names[i] as string);
const weightDecayExclude = ['*bias', '*norm*'];

describe('tensors that weight decay leaves alone', () => {
  /** They have the bits of a run without it, the others those of a run in which all have it. */
  function expectExcluded(Class: AnyClass, options: Options, tensor: Make) {
    for (const isa of new Set([...nativeIsas, ...engines])) {
      configure({ isa });
      const at = `${isa}, ${JSON.stringify(options)}`;
      const found = run(Class, { ...options, weightDecay: 0.3, weightDecayExclude }, tensor);
      const without = run(Class, { ...options, weightDecay: 0 }, tensor);
      const all = run(Class, { ...options, weightDecay: 0.3 }, tensor);
      expectSame(found, without, isExcluded, at);
      expectSame(found, all, (i) => !isExcluded(i), at);
      expect(all.tensors[1]?.[0], at).not.toEqual(without.tensors[1]?.[0]);
    }
  }

  test.each(optimizers)('have the bits of weightDecay 0 in $name', ({ rule, Class }) => {
    for (const options of extremes(rule)) {
      for (const type of ['float32', 'float64'] as const) {
        expectExcluded(Class, options, make(type));
      }
    }
  });

  const adam = optimizers.find(({ name }) => name === 'Adam') as (typeof optimizers)[0];
  test.each(storages)('stored as $dtype, $stateType, master copy $masterCopy', (storage) => {
    const tensor: Make = (n, seed) => tensorOf(storage, n, (i) => ordinaryValue(seed, i));
    expectExcluded(adam.Class, { ...storage }, tensor);
  });

  test('are as a group of their own, as PyTorch has it', () => {
    const fill = (n: number, seed: number) =>
      new Float32Array(n).map((_, i) => ordinaryValue(seed, i));
    const tensors = () => lengths.map(fill);
    const pick = <T>(values: T[], excluded: boolean) =>
      values.filter((_, i) => isExcluded(i) === excluded);
    const [together, apart] = [tensors(), tensors()];
    const one = new AdamW(record(together), { weightDecay: 0.3, weightDecayExclude });
    const two = new AdamW([
      { params: pick(apart, false), weightDecay: 0.3 },
      { params: pick(apart, true), weightDecay: 0 },
    ]);
    for (let t = 0; t < 5; t++) {
      const gradients = lengths.map((n, i) => fill(n, 10 + 7 * t + i));
      one.step(record(gradients));
      two.step([pick(gradients, false), pick(gradients, true)]);
    }
    expect(together).toEqual(apart);
  });

  test.each([
    ['l2', 1 - 0.5 * 0.25],
    ['decoupled', 1 - 0.5 * 0.25],
  ] as const)('stay where they are without a gradient, %s', (weightDecayMode, factor) => {
    const params = { weight: f64(2), bias: f64(2) };
    const options = { learningRate: 0.5, weightDecay: 0.25, weightDecayMode };
    new SGD(params, { ...options, weightDecayExclude: ['bias'] }).step({
      weight: f64(0),
      bias: f64(0),
    });
    expect(params).toEqual({ weight: f64(2 * factor), bias: f64(2) });
  });

  test('can be others from the next step on, in each group', () => {
    const params = () => ({ params: { a: f64(4), b: f64(4) } });
    const groups = [params(), params()];
    const options = { learningRate: 1, weightDecay: 0.5 };
    const optimizer = new SGD(groups, { ...options, weightDecayExclude: ['a'] });
    const step = () => optimizer.step([1, 2].map(() => ({ a: f64(0), b: f64(0) })));
    step();
    expect(groups).toEqual([1, 2].map(() => ({ params: { a: f64(4), b: f64(2) } })));
    const [, second] = optimizer.groups;
    if (second) second.weightDecayExclude = ['*'];
    optimizer.learningRate = 0.5; // the choice stays as it is
    step();
    expect(groups).toEqual([
      { params: { a: f64(4), b: f64(1.5) } },
      { params: { a: f64(4), b: f64(2) } },
    ]);
    optimizer.weightDecayExclude = [];
    step();
    expect(groups[0]?.params.a).toEqual(f64(3));
  });
});

describe('frozen tensors', () => {
  const patterns = ['a.*', '*norm*'];
  const during = (t: number) => t === 1 || t === 2;

  test.each(optimizers)('are as those without gradients in $name', ({ rule, Class }) => {
    for (const options of extremes(rule)) {
      for (const own of [{}, { accumulationSteps: 2 }, around.at(-1)]) {
        for (const isa of engines) {
          configure({ isa });
          const all = { ...options, ...own, measureNorms: true };
          const found = run(Class, all, make('float32'), (gradients, t, optimizer) => {
            optimizer.frozen = during(t) ? patterns : [];
            // What stands there is not looked at.
            if (during(t)) gradients.fill(f32(Number.NaN), 0, 2).fill('?' as never, 2, 3);
          });
          const expected = run(Class, all, make('float32'), (gradients, t) => {
            if (during(t)) gradients.fill(null, 0, 3);
          });
          const at = `${isa}, ${JSON.stringify(all)}`;
          expectSame(found, expected, () => true, at);
          expect([found.norms, found.saved], at).toEqual([expected.norms, expected.saved]);
        }
      }
    }
  });

  test('are those of the moment when a step is asked for', async () => {
    const params = { a: f32(0), b: f32(0) };
    const optimizer = new SGD(params, { learningRate: 1 });
    const gradients = () => ({ a: f32(1), b: f32(1) });
    const steps = [optimizer.stepAsync(gradients())];
    optimizer.frozen = ['a'];
    steps.push(optimizer.stepAsync({ a: f32(), b: f32(1) }));
    optimizer.frozen = [];
    steps.push(optimizer.stepAsync(gradients()));
    await Promise.all(steps);
    expect(params).toEqual({ a: f32(-2), b: f32(-3) });
  });

  test('keep what they have of a sum, and their average', () => {
    const params = { a: f32(0), b: f32(0) };
    const options = { learningRate: 1, accumulationSteps: 2, averageDecay: 0.5 };
    const optimizer = new SGD(params, options);
    const gradients = { a: f32(2), b: f32(2) };
    optimizer.step(gradients);
    optimizer.frozen = ['a'];
    optimizer.step(gradients);
    expect(params).toEqual({ a: f32(0), b: f32(-2) });
    optimizer.frozen = [];
    optimizer.step(gradients);
    optimizer.step(gradients);
    expect(params).toEqual({ a: f32(-3), b: f32(-4) });
    optimizer.swapInAverages();
    expect(params).toEqual({ a: f32(-3), b: f32(-3) });
  });

  test('may be all', () => {
    const w = f32(1);
    const optimizer = new Adam({ w }, { frozen: ['*'], clipGlobalNorm: 1 });
    expect(optimizer.step({ w: f32(1) }).gradientNorm).toBe(0);
    expect([w, optimizer.stateDict().groups[0]?.tensors[0]?.step]).toEqual([f32(1), 0]);
  });

  test('stay where they are in a learning-rate range test', async () => {
    const params = { a: f32(1), b: f32(1) };
    const optimizer = new SGD(params, { frozen: ['a'] });
    const seen: number[] = [];
    await lrFinder(optimizer, () => {
      seen.push(params.a[0] as number);
      return { loss: (params.b[0] as number) ** 2, gradients: { a: f32(1), b: params.b.slice() } };
    });
    expect(new Set(seen)).toEqual(new Set([1]));
  });
});

describe('a pattern', () => {
  const frozenBy = (pattern: string, all: readonly string[]) => {
    const params = Object.fromEntries(all.map((name) => [name, f32(0)]));
    const gradients = Object.fromEntries(all.map((name) => [name, f32(1)]));
    new SGD(params, { frozen: [pattern] }).step(gradients);
    return all.filter((name) => params[name]?.[0] === 0);
  };

  test.each([
    ['bias', ['bias']],
    ['*bias', ['bias', 'a.bias']],
    ['bias*', ['bias', 'bias2', 'bias.b']],
    ['*bias*', ['bias', 'a.bias', 'bias2', 'bias.b']],
    ['*.*', ['a.bias', 'bias.b']],
    ['b*b', ['bias.b']],
    ['*a*a*', ['a.bias', 'banana']],
    ['b*a*s', ['bias']],
    ['**', ['bias', 'a.bias', 'Bias', 'bias2', 'bias.b', 'banana', '']],
    ['', ['']],
    ['a.*s', ['a.bias']],
  ])('%j matches %j', (pattern, expected) => {
    const all = ['bias', 'a.bias', 'Bias', 'bias2', 'bias.b', 'banana', ''];
    expect(frozenBy(pattern, all)).toEqual(expected);
  });

  test('takes no part of a name twice', () => {
    expect(frozenBy('ab*ba', ['aba', 'abba'])).toEqual(['abba']);
    expect(frozenBy('*ab*b', ['ab', 'abb'])).toEqual(['abb']);
  });

  test('counts in the group that it is given for, or anywhere if it is for all', () => {
    const group = (name: string) => ({ params: { [name]: f32(0) } });
    const optimizer = new SGD([group('bias'), { ...group('w'), frozen: ['w'] }], {
      weightDecayExclude: ['bias'],
      frozen: ['b*'],
    });
    optimizer.frozen = ['w'];
    optimizer.addGroup({ ...group('v'), frozen: ['v'] });
    expect(optimizer.groups.map(({ weightDecayExclude }) => weightDecayExclude)).toEqual(
      [1, 2, 3].map(() => ['bias']),
    );
    expect(optimizer.groups.map(({ frozen }) => frozen)).toEqual([['w'], ['w'], ['v']]);
  });

  test('in a list that is given cannot be changed later', () => {
    const list = ['w'];
    const optimizer = new SGD({ w: f32(0) }, { frozen: list });
    list[0] = 'nothing';
    expect(optimizer.frozen).toEqual(['w']);
    expect(() => (optimizer.frozen as string[]).push('x')).toThrow(TypeError);
    expect(optimizer.stateDict().groups[0]?.options.frozen).toEqual(['w']);
  });
});
