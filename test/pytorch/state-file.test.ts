import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPyTorchState, savePyTorchState } from '../../lib/index.js';
import { type Insides, insidesOf } from '../../lib/insides.js';
import { optimizerWideHyperparameters } from '../../lib/optimizer-wide-options.js';
import { namesFor } from '../../lib/pytorch/layout.js';
import { writePyTorch } from '../../lib/pytorch/write.js';
import { writeSafetensors } from '../../lib/safetensors/write.js';
import { storageHyperparameters } from '../../lib/storage.js';
import type { Tensor } from '../bits.js';
import { aroundOptions, type Options, optimizers } from '../variants.js';
import {
  differenceOfStates,
  everyVariant,
  freshParams,
  inPyTorch,
  isInPyTorch,
  make,
  temporaryFolder,
  train,
} from './training.js';

const folder = temporaryFolder();
const path = join(folder, 'state.safetensors');
const before = [1, 2, 3, 4, 5];

test.each(inPyTorch)('PyTorch has a word or a value for every option of $name', ({ rule }) => {
  const { options, fixed, states } = namesFor(rule, []);
  const mapped = Object.values(options).flatMap((option) => {
    if (typeof option === 'string') return [option];
    return 'words' in option ? [option.option] : [...option];
  });
  const all = [...mapped, ...Object.keys(fixed)].sort();
  const own = Object.keys(rule.hyperparameters).filter(
    (name) => !(name in storageHyperparameters || aroundOptions.includes(name)),
  );
  expect(all).toEqual(own.sort());
  expect(Object.keys(states).sort()).toEqual(rule.state.map(({ name }) => name).sort());
});

test('a rule that PyTorch does not have has no such file', async () => {
  const optimizer = make('Lion', freshParams());
  const message = 'Expected a rule that PyTorch has, but received Lion';
  const error = { code: 'ERR_NOT_IN_PYTORCH', message };
  const file = join(folder, 'lion');
  await expect(savePyTorchState(file, { optimizer })).rejects.toMatchObject(error);
  expect(existsSync(file)).toBe(false);
});

describe('what a file holds is what was saved, bit for bit, or nothing is saved:', () => {
  test.each(inPyTorch)('$name', async ({ name }) => {
    const counts = { saved: 0, refused: 0 };
    for (const { options } of everyVariant.filter((each) => each.name === name)) {
      const params = freshParams();
      const optimizer = make(name, params, options, { learningRate: -0 });
      train(optimizer, before);
      const file = join(folder, `${name}-${counts.saved + counts.refused}`);
      const saving = savePyTorchState(file, { optimizer });
      if (!isInPyTorch(name, options)) {
        await expect(saving).rejects.toMatchObject({ code: 'ERR_NOT_IN_PYTORCH' });
        expect(existsSync(file)).toBe(false);
        counts.refused++;
        continue;
      }
      await saving;
      const resumed = make(name, params);
      await loadPyTorchState(file, { optimizer: resumed });
      expect(differenceOfStates(resumed, optimizer), JSON.stringify(options)).toBeUndefined();
      counts.saved++;
    }
    expect(counts.saved).toBeGreaterThan(0);
    expect(counts.refused > 0).toBe(name !== 'NAdam');
  });

  test('states that are kept though options do without them now', async () => {
    const optimizer = make('RMSprop', freshParams(), pytorch);
    train(optimizer, [...before, 6]);
    Object.assign(optimizer, { momentum: 0, centered: false });
    await savePyTorchState(path, { optimizer });
    const resumed = make('RMSprop', freshParams());
    await loadPyTorchState(path, { optimizer: resumed });
    expect(differenceOfStates(resumed, optimizer)).toBeUndefined();
  });

  test('states that are not zero though no step was made', async () => {
    const optimizer = make('RMSprop', freshParams(), pytorch);
    const state = optimizer.stateDict();
    for (const tensor of state.groups.flatMap(({ tensors }) => tensors)) {
      tensor.state.squareAverage?.fill(1);
    }
    optimizer.loadStateDict(state);
    await savePyTorchState(path, { optimizer });
    const resumed = make('RMSprop', freshParams());
    await loadPyTorchState(path, { optimizer: resumed });
    expect(differenceOfStates(resumed, optimizer)).toBeUndefined();
  });
});

const pytorch: Options = { epsilonPlacement: 'outside', momentum: 0.9, centered: true };

test('a file is loaded whatever the options were, also those that PyTorch does not have', async () => {
  const optimizer = make('RMSprop', freshParams(), pytorch);
  train(optimizer, before);
  await savePyTorchState(path, { optimizer });
  const params = freshParams();
  const others = { nesterov: true, momentum: 0.5, initialSquareAverage: 1, weightDecay: 1 };
  const resumed = make('RMSprop', params, { ...others, weightDecayMode: 'decoupled' });
  await loadPyTorchState(path, { optimizer: resumed });
  expect(differenceOfStates(resumed, optimizer)).toBeUndefined();
});

/** For each option, a value that is not its default. */
const otherValues: Options = {
  clipValue: 0.3,
  clipNorm: 0.5,
  clipGlobalNorm: 0.5,
  lowerBound: -2,
  upperBound: 2,
  averageDecay: 0.9,
  weightDecayExclude: ['1'],
  frozen: ['1'],
  lossScale: 3,
  dynamicLossScale: true,
  lossScaleGrowthInterval: 2,
  onNonFinite: 'skip',
  accumulationSteps: 2,
  zeroGradients: true,
  measureNorms: true,
  stateType: 'bfloat16',
  dtype: 'bfloat16',
  masterCopy: true,
  seed: 1,
};
/** Those of which no number of a file depends. */
const withoutEffect = ['measureNorms', 'lossScaleGrowthInterval', 'dtype', 'masterCopy', 'seed'];

describe.each(inPyTorch)('of what happens around $name,', ({ name, Class }) => {
  const own = name === 'RMSprop' ? { epsilonPlacement: 'outside' } : {};
  const isPossible = (option: string) => option !== 'stateType' || name !== 'Rprop';
  const around = [...aroundOptions, ...Object.keys(storageHyperparameters)].filter(isPossible);

  test.each(around)('%s is refused, or changes nothing of the file', async (option) => {
    const params = freshParams().map((tensor) => Float32Array.from(tensor));
    const groups = [{ params: params.slice(0, 2) }, { params: params.slice(2) }];
    const make = (more: Options) => new Class(groups as never, { ...own, ...more }) as never;
    const value = otherValues[option];
    expect(value, 'of a new option').toBeDefined();
    const file = join(folder, `around-${name}`);
    const saving = savePyTorchState(file, { optimizer: make({ [option]: value }) });
    if (withoutEffect.includes(option)) {
      await saving;
      const bytes = readFileSync(file);
      await savePyTorchState(file, { optimizer: make({}) });
      expect(readFileSync(file).equals(bytes)).toBe(true);
      rmSync(file);
      return;
    }
    const where = option in optimizerWideHyperparameters ? 'options' : 'params[0]';
    await expect(saving).rejects.toMatchObject({
      code: 'ERR_NOT_IN_PYTORCH',
      message: expect.stringMatching(`^Expected ${where.replace(/\W/g, '\\$&')}.${option} to be `),
    });
    expect(existsSync(file)).toBe(false);
  });
});

test('a sum of gradients that is not used yet is in no file', async () => {
  const optimizer = make('Adam', freshParams(), { accumulationSteps: 2 });
  train(optimizer, [1, 2, 3]);
  Object.assign(optimizer, { accumulationSteps: 1 });
  await expect(savePyTorchState(path, { optimizer })).rejects.toMatchObject({
    code: 'ERR_NOT_IN_PYTORCH',
    message:
      'Expected 0 calls whose gradients are summed and not used yet, for PyTorch, but received 1',
  });
  train(optimizer, [4]);
  await savePyTorchState(path, { optimizer });
});

describe('a load leaves alone what this optimizer does around the rule:', () => {
  const { dtype, masterCopy, stateType, ...around } = otherValues;
  test.each(Object.entries(around))('%s', async (option, value) => {
    const source = make('Adam', freshParams());
    train(source, before);
    await savePyTorchState(path, { optimizer: source });
    // The second group has a tensor that the source has never updated.
    const [params, others] = [freshParams(), freshParams()];
    const optimizer = make('Adam', params, { [option]: value });
    train(optimizer, [7, 8, 9]);
    for (const [i, param] of params.entries()) param.set(freshParams()[i] as Tensor);
    await loadPyTorchState(path, { optimizer });
    expect(optimizer.groups[1]?.[option] ?? (optimizer as unknown as Options)[option]).toEqual(
      value,
    );

    // As if the option had been set on the source itself.
    const expected = make('Adam', others);
    expected.loadStateDict(source.stateDict());
    Object.assign(expected, { [option]: value });
    for (const each of [optimizer, expected]) train(each, [6, 7]);
    expect(differenceOfStates(optimizer, expected)).toBeUndefined();
    expect(params).toEqual(others);
  });
});

test('averages cannot start from parameters whose memory is gone', async () => {
  const source = make('Adam', freshParams());
  train(source, before);
  await savePyTorchState(path, { optimizer: source });
  const params = freshParams();
  const optimizer = make('Adam', params, { averageDecay: 0.5 });
  const state = structuredClone(optimizer.stateDict());
  structuredClone(params[1], { transfer: [(params[1] as Tensor).buffer as ArrayBuffer] });
  await expect(loadPyTorchState(path, { optimizer })).rejects.toMatchObject({
    code: 'ERR_TENSOR_DETACHED',
  });
  expect(optimizer.stateDict()).toEqual(state);
});

describe('nothing is saved, and the old file stays,', () => {
  const u16 = new Uint16Array(3);
  test.each([
    [
      'of another place of epsilon',
      {},
      [],
      'params[0].epsilonPlacement to be "outside", for PyTorch, but received "inside"',
    ],
    [
      'of narrow states',
      { epsilonPlacement: 'outside', stateType: 'uint8' },
      [new Float32Array(1)],
      'params[0].stateType to be "float32", for PyTorch, but received "uint8"',
    ],
    [
      'of weight decay that leaves tensors alone',
      { epsilonPlacement: 'outside', weightDecayExclude: ['0'] },
      [new Float32Array(1)],
      'params[0].weightDecayExclude to be an array of length 0, for PyTorch, but received an array of length 1',
    ],
    [
      'of 16-bit parameters',
      { epsilonPlacement: 'outside', dtype: 'bfloat16' },
      [u16],
      'params[0][0] to be a Float32Array or a Float64Array, for PyTorch, but received a Uint16Array of bfloat16',
    ],
  ])('%s', async (_, options, tensors, says) => {
    const params = tensors.length ? tensors : freshParams();
    const { Class } = optimizers.find(({ name }) => name === 'RMSprop') as (typeof optimizers)[0];
    const optimizer = new Class([{ params }] as never, options) as never;
    writeFileSync(path, 'old');
    await expect(savePyTorchState(path, { optimizer })).rejects.toMatchObject({
      code: 'ERR_NOT_IN_PYTORCH',
      message: `Expected ${says}`,
    });
    expect(readFileSync(path, 'utf8')).toBe('old');
  });
});

test('a number that PyTorch made float64 is rounded to float32: mu_product of a float64 tensor, after load_state_dict', async () => {
  const optimizer = make('NAdam', freshParams());
  train(optimizer, before);
  const { state, groups } = insidesOf(optimizer) as Insides;
  const { metadata, tensors } = writePyTorch(state(), groups());
  const wide = { dtype: 'F64', values: Float64Array.of(1 / 3) } as const;
  const edited = tensors.map((own) =>
    own.name === 'state.1.mu_product' ? { ...own, ...wide } : own,
  );
  await writeSafetensors(path, edited, metadata);
  await loadPyTorchState(path, { optimizer });
  const [own, other] = optimizer.stateDict().groups[0]?.tensors ?? [];
  expect(other?.numbers).toEqual({ momentumProduct: Math.fround(1 / 3) });
  expect(own?.numbers).not.toEqual(other?.numbers);
});

describe('one thing at a time', () => {
  test('a save and a load wait for their turn, and a step cannot', async () => {
    const optimizer = make('Adam', freshParams());
    train(optimizer, before);
    const other = make('Adam', freshParams());
    train(other, [1]);
    const earlier = join(folder, 'earlier');
    await savePyTorchState(earlier, { optimizer: other });
    const saving = savePyTorchState(path, { optimizer });
    const loading = loadPyTorchState(earlier, { optimizer });
    expect(() => train(optimizer, [6])).toThrow(
      expect.objectContaining({ code: 'ERR_OPTIMIZER_BUSY' }),
    );
    await Promise.all([saving, loading]);
    expect(differenceOfStates(optimizer, other)).toBeUndefined();
    const saved = make('Adam', freshParams());
    await loadPyTorchState(path, { optimizer: saved });
    expect(saved.stateDict().groups[0]?.tensors[0]?.step).toBe(before.length);
  });

  test.each([
    ['saving', savePyTorchState],
    ['loading', loadPyTorchState],
  ])('%s can be called off, and then nothing has changed', async (_, transfer) => {
    const optimizer = make('Adam', freshParams());
    train(optimizer, before);
    await savePyTorchState(path, { optimizer });
    const file = readFileSync(path);
    train(optimizer, [6]);
    const state = structuredClone(optimizer.stateDict());
    const controller = new AbortController();
    const onProgress = () => controller.abort('enough');
    const promise = transfer(path, { optimizer, signal: controller.signal, onProgress });
    await expect(promise).rejects.toBe('enough');
    expect(readFileSync(path).equals(file)).toBe(true);
    expect(optimizer.stateDict()).toEqual(state);
  });
});
