import { describe, expect, test } from 'vitest';
import { configure, loadCheckpoint, Scheduler, SGD, saveCheckpoint } from '../../lib/index.js';
import type { Tensor } from '../../lib/tensor.js';
import { around } from '../around/options.js';
import { arrayTypes, difference, ordinaryValue } from '../bits.js';
import { inFolder } from '../checkpoint/folder.js';
import { engines } from '../engines.js';
import { storages, tensorOf } from '../storages.js';
import { type AnyOptimizer, extremes, type Options, optimizers } from '../variants.js';

const f32 = (...values: number[]) => Float32Array.from(values);

type AnyClass = (typeof optimizers)[number]['Class'];
type Make = (length: number, seed: number) => Tensor;
const mixed: Make = (length, seed) => {
  const View = length % 2 === 0 ? arrayTypes.float32 : arrayTypes.float64;
  return Object.assign(
    new View(length),
    Array.from({ length }, (_, i) => ordinaryValue(seed, i)),
  );
};

/** Groups by number: how they are given, and their lengths. */
const lengths = [[40, 7], [300, 0, 5], [33]] as const;
const shaped = (k: number, tensors: readonly unknown[]): unknown =>
  k === 0
    ? tensors
    : k === 1
      ? Object.fromEntries(tensors.map((t, i) => [`t${i}`, t]))
      : tensors[0];

/** Six steps, with groups that begin at step 0, 2 and 3: added then, or there from the start and without gradients till then. */
function run(Class: AnyClass, options: Options, make: Make, adds: boolean) {
  const tensors = lengths.map((own, k) => own.map((length, i) => make(length, 10 * k + i)));
  const groups = tensors.map((own, k) => ({
    params: shaped(k, own),
    learningRate: 0.01 * (k + 1),
  }));
  const begins = [0, 2, 3];
  const optimizer = new Class((adds ? groups.slice(0, 1) : groups) as never, options);
  for (let t = 0; t < 6; t++) {
    for (const [k, group] of groups.entries()) {
      if (adds && k > 0 && begins[k] === t) optimizer.addGroup(group);
    }
    const gradients = lengths.map((own, k) => {
      const isThere = t >= (begins[k] as number);
      return shaped(
        k,
        own.map((length, i) => (isThere ? make(length, 100 + 10 * t + 3 * k + i) : null)),
      );
    });
    optimizer.step(gradients.slice(0, optimizer.groups.length) as never);
  }
  const { groups: saved, counters } = optimizer.stateDict();
  const states = saved.flatMap((g) => g.tensors.flatMap(({ state }) => Object.values(state)));
  return {
    arrays: [...tensors.flat(), ...states],
    told: {
      counters,
      groups: saved.map((g) => [
        g.options,
        g.tensors.map(({ step, numbers }) => ({ step, numbers })),
      ]),
    },
  };
}

function expectAlike(Class: AnyClass, options: Options, make: Make) {
  for (const isa of engines) {
    configure({ isa });
    const [added, given] = [run(Class, options, make, true), run(Class, options, make, false)];
    const at = `${isa}, ${JSON.stringify(options)}`;
    expect(added.told, at).toEqual(given.told);
    for (const [i, array] of given.arrays.entries()) {
      const found = difference(added.arrays[i] as never, array as never);
      if (found) expect.fail(`${at}: array ${i} ${found}`);
    }
  }
}

describe('a group that is added is as one that had no gradients till then', () => {
  test.each(optimizers)('$name', ({ rule, Class }) => {
    for (const options of extremes(rule)) {
      for (const own of [{}, { accumulationSteps: 4 }, around.at(-1)]) {
        expectAlike(Class, { ...options, ...own }, mixed);
      }
    }
  });

  test.each(storages)('stored as $dtype, $stateType, master copy $masterCopy', (storage) => {
    const make: Make = (n, seed) => tensorOf(storage, n, (i) => ordinaryValue(seed, i));
    const { Class } = optimizers.find(({ name }) => name === 'Adam') as (typeof optimizers)[0];
    expectAlike(Class, { amsgrad: true, averageDecay: 0.5, ...storage }, make);
  });
});

const sgd = (learningRate: number) => new SGD([{ params: f32(1) }], { learningRate });

describe('a group that is added', () => {
  test('has its own options, else those that the optimizer was made with', () => {
    const optimizer = sgd(0.5);
    optimizer.learningRate = 0.25;
    const [first] = optimizer.groups;
    const grown = optimizer
      .addGroup({ params: { w: f32(1), b: f32(2) }, momentum: 0.5 })
      .addGroup({ params: f32(3), learningRate: 2 });
    expect(grown).toBe(optimizer);
    const told = grown.groups.map(({ params, learningRate, momentum }) => [
      params,
      learningRate,
      momentum,
    ]);
    expect(told).toEqual([
      [['0'], 0.25, 0],
      [['w', 'b'], 0.5, 0.5],
      [['0'], 2, 0],
    ]);
    expect(grown.groups[0]).toBe(first);
    expect(Object.isFrozen(grown.groups)).toBe(true);
    const params = grown.step([f32(0), { w: f32(0), b: null }, f32(0)]);
    expect(params.updated).toBe(true);
  });

  test('has the options of all groups as they are now', () => {
    const optimizer = sgd(1);
    optimizer.accumulationSteps = 2;
    const w = f32(1);
    const grown = optimizer.addGroup({ params: w });
    expect(grown.step([f32(1), f32(1)]).updated).toBe(false);
    expect(grown.step([f32(1), f32(1)]).updated).toBe(true);
    expect(w).toEqual(f32(0));
  });

  test('counts in the mean of a sum under way as if its gradients had been null', () => {
    const [a, b] = [f32(0), f32(0)];
    const optimizer = new SGD([{ params: a }], { learningRate: 1, accumulationSteps: 2 });
    optimizer.step([f32(2)]);
    optimizer.addGroup({ params: b }).step([f32(4), f32(4)]);
    expect([a, b]).toEqual([f32(-3), f32(-2)]);
  });

  test('is set with all others by the optimizer', () => {
    const grown = sgd(1).addGroup({ params: f32(1) });
    grown.learningRate = 0.125;
    expect(grown.groups.map(({ learningRate }) => learningRate)).toEqual([0.125, 0.125]);
    (grown.groups[1] as { learningRate: number }).learningRate = 3;
    expect(grown.groups.map(({ learningRate }) => learningRate)).toEqual([0.125, 3]);
  });

  test('takes part in a schedule from its next step on, with its rate as the base', () => {
    const optimizer = sgd(1);
    const scheduler = new Scheduler(optimizer, (t) => 2 ** -t);
    scheduler.step();
    const { groups } = optimizer.addGroup({ params: f32(1), learningRate: 8 });
    const [saved, rates] = [scheduler.stateDict(), scheduler.baseRates];
    expect([saved.baseRates, rates]).toEqual([
      [1, 8],
      [1, 8],
    ]);
    scheduler.step();
    expect(groups.length).toBe(1 + 1);
    const ratesNow = () => optimizer.groups.map(({ learningRate }) => learningRate);
    expect(ratesNow()).toEqual([0.25, 2]);
    scheduler.loadStateDict(saved);
    expect(ratesNow()).toEqual([0.5, 4]);
    scheduler.step();
    expect(ratesNow()).toEqual([0.25, 2]);
  });

  test('can be swapped for its average, or waits for one', () => {
    const [a, b] = [f32(0), f32(0)];
    const optimizer = new SGD([{ params: a }], { learningRate: 1, averageDecay: 0.5 });
    optimizer.step([f32(1)]);
    const grown = optimizer.addGroup({ params: b });
    grown.step([f32(1), null]);
    grown.swapInAverages();
    expect([a, b]).toEqual([f32(-1.5), f32(0)]);
    grown.swapOutAverages();
    expect([a, b]).toEqual([f32(-2), f32(0)]);
  });

  test('is in state dictionaries and checkpoints, of which the reader has it from the start or added', async () => {
    const make = () => [f32(1, 2), f32(3)] as const;
    const [w, head] = make();
    const straight = new SGD([{ params: { w } }], { momentum: 0.9 });
    straight.step([{ w: f32(1, 1) }]);
    const grown = straight.addGroup({ params: { head }, learningRate: 0.5 });
    grown.step([{ w: f32(1, 1) }, { head: f32(1) }]);
    const path = inFolder('added.safetensors');
    await saveCheckpoint(path, { optimizer: grown });
    const gradients = [{ w: f32(2, 2) }, { head: f32(2) }] as const;

    const [w1, head1] = make();
    const atOnce = new SGD([{ params: { w: w1 } }, { params: { head: head1 } }]);
    const [w2, head2] = make();
    const later = new SGD([{ params: { w: w2 } }]);
    await expect(loadCheckpoint(path, { optimizer: later })).rejects.toMatchObject({
      code: 'ERR_STATE_MISMATCH',
    });
    const both = later.addGroup({ params: { head: head2 } });
    for (const optimizer of [atOnce, both] as AnyOptimizer[] & (typeof both)[]) {
      await loadCheckpoint(path, { optimizer });
      optimizer.step(gradients as never);
    }
    grown.step(gradients as never);
    expect([w1, head1, w2, head2]).toEqual([w, head, w, head]);
    expect([atOnce.stateDict(), both.stateDict()]).toEqual([grown.stateDict(), grown.stateDict()]);
  });
});
