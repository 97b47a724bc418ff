import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadPyTorchState, savePyTorchState } from '../../lib/index.js';
import { type Insides, insidesOf } from '../../lib/insides.js';
import { writePyTorch } from '../../lib/pytorch/write.js';
import type { SourceTensor } from '../../lib/safetensors/write.js';
import { writeSafetensors } from '../../lib/safetensors/write.js';
import { freshParams, make, temporaryFolder, train } from '../pytorch/training.js';
import type { Options } from '../variants.js';

const folder = temporaryFolder();
const path = join(folder, 'state.safetensors');

type Kind = typeof TypeError | typeof RangeError;

/** What a file holds, to be edited. */
interface Content {
  tensors: Map<string, SourceTensor>;
  metadata: { [key: string]: string };
  // biome-ignore lint/suspicious/noExplicitAny: the edits are wrong on purpose
  groups: any[];
}
type Edit = (content: Content) => void;

function trained(name: string, options: Options = {}) {
  const optimizer = make(name, freshParams(), options);
  train(optimizer, [1, 2, 3]);
  return optimizer;
}

async function write(name: string, options: Options, edit: Edit) {
  const { state, groups } = insidesOf(trained(name, options)) as Insides;
  const { metadata, tensors } = writePyTorch(state(), groups());
  const content: Content = {
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    metadata: { ...metadata },
    groups: JSON.parse(metadata.param_groups as string),
  };
  const { param_groups } = metadata;
  edit(content);
  if (content.metadata.param_groups === param_groups) {
    content.metadata.param_groups = JSON.stringify(content.groups);
  }
  const { param_groups: edited, ...rest } = content.metadata;
  const all = edited === '' ? rest : content.metadata;
  await writeSafetensors(path, [...content.tensors.values()], all);
}

const set = (name: string, change: Partial<SourceTensor>): Edit => {
  return ({ tensors }) => {
    const old = tensors.get(name) ?? {
      name,
      dtype: 'F32',
      shape: [1],
      values: new Float32Array(1),
    };
    tensors.set(name, { ...old, ...change, name });
  };
};
const step = (value: number): Edit => set('state.0.step', { values: Float32Array.of(value) });
const group = (key: string, value: unknown): Edit => {
  return ({ groups }) => {
    groups[0][key] = value;
  };
};
const metadata = (key: string, value: string): Edit => {
  return ({ metadata }) => {
    metadata[key] = value;
  };
};

const rmsprop = { epsilonPlacement: 'outside', momentum: 0.9, centered: true };
const mismatch = 'ERR_STATE_MISMATCH';
const steps = 'state.0.step to be an integer from 0 to 2^53 - 2';
const only = 'only tensors state.0 to state.3 with step, square_avg, grad_avg, momentum_buffer';

describe('a state of PyTorch is not loaded', () => {
  test.each<[string, Edit, Kind, string, string]>([
    [
      'from a file of something else',
      ({ metadata }) => delete metadata.optimizer,
      RangeError,
      mismatch,
      'metadata.optimizer to be "RMSprop", but received undefined',
    ],
    [
      'of another class',
      metadata('optimizer', 'Adam'),
      RangeError,
      mismatch,
      'metadata.optimizer to be "RMSprop", but received "Adam"',
    ],
    [
      'without groups',
      metadata('param_groups', ''),
      RangeError,
      mismatch,
      'metadata.param_groups to be there, but received none',
    ],
    [
      'with groups that are not JSON',
      metadata('param_groups', '[{"lr": Infinity}]'),
      RangeError,
      mismatch,
      'metadata.param_groups to be JSON, but received "[{\\"lr\\": Infinity}]"',
    ],
    [
      'with groups that are no list',
      metadata('param_groups', '{}'),
      TypeError,
      mismatch,
      'param_groups to be a list, but received an object',
    ],
    [
      'with groups that go on and on',
      metadata('param_groups', '['.repeat(1e6) + ']'.repeat(1e6)),
      RangeError,
      mismatch,
      'param_groups to have length 2, but received 1',
    ],
    [
      'with more groups',
      ({ groups }) => groups.push(groups[0]),
      RangeError,
      mismatch,
      'param_groups to have length 2, but received 3',
    ],
    [
      'with a group that is nothing',
      ({ groups }) => {
        groups[1] = null;
      },
      TypeError,
      mismatch,
      'param_groups[1] to be an object, but received null',
    ],
    [
      'with a key that PyTorch does not have',
      group('lr_scale', 0.1),
      RangeError,
      mismatch,
      'param_groups[0] to have only lr, alpha, eps, momentum, centered, weight_decay, maximize, foreach, capturable, differentiable, params, param_names, initial_lr, min_lr, max_lr, base_momentum, max_momentum, swa_lr, but received "lr_scale"',
    ],
    [
      'with __proto__ for a key',
      ({ metadata, groups }) => {
        const own = JSON.stringify(groups).replace('"lr":', '"__proto__":{"lr":1},"lr":');
        metadata.param_groups = own;
      },
      RangeError,
      mismatch,
      'param_groups[0] to have only lr, alpha, eps, momentum, centered, weight_decay, maximize, foreach, capturable, differentiable, params, param_names, initial_lr, min_lr, max_lr, base_momentum, max_momentum, swa_lr, but received "__proto__"',
    ],
    [
      'without an option',
      group('alpha', undefined),
      RangeError,
      mismatch,
      'param_groups[0].alpha to be there, but received none',
    ],
    [
      'with an option of another type',
      group('alpha', '0.9'),
      TypeError,
      'ERR_INVALID_OPTION',
      'param_groups[0].alpha to be a number of at least 0 and below 1, but received "0.9"',
    ],
    [
      'with a bad option',
      group('lr', -1),
      RangeError,
      'ERR_INVALID_OPTION',
      'param_groups[0].lr to be a finite number of at least 0, but received -1',
    ],
    [
      'with fewer parameters',
      group('params', [0]),
      RangeError,
      mismatch,
      'param_groups[0].params to have length 2, but received 1',
    ],
    [
      'with parameters in another order',
      group('params', [1, 0]),
      RangeError,
      mismatch,
      'param_groups[0].params[0] to be 0, but received 1',
    ],
    [
      'without a state',
      ({ tensors }) => tensors.delete('state.0.grad_avg'),
      RangeError,
      mismatch,
      'state.0.grad_avg to be there, but received none',
    ],
    [
      'without a number of steps',
      ({ tensors }) => tensors.delete('state.0.step'),
      RangeError,
      mismatch,
      'state.0.step to be there, but received none',
    ],
    [
      'with a state of another rule',
      set('state.0.exp_avg', {}),
      RangeError,
      mismatch,
      `${only}, but received "state.0.exp_avg"`,
    ],
    [
      'with a state of no parameter',
      set('state.4.step', {}),
      RangeError,
      mismatch,
      `${only}, but received "state.4.step"`,
    ],
    [
      'with a state under two names',
      set('state.00.step', {}),
      RangeError,
      mismatch,
      `${only}, but received "state.00.step"`,
    ],
    [
      'with anything else',
      set('weights', {}),
      RangeError,
      mismatch,
      `${only}, but received "weights"`,
    ],
    [
      'of another type',
      set('state.0.square_avg', { dtype: 'F64', values: new Float64Array(35) }),
      RangeError,
      mismatch,
      'state.0.square_avg to be F32, as params[0][0] needs, but received F64',
    ],
    [
      'of another length',
      set('state.0.square_avg', { shape: [2, 18], values: new Float32Array(36) }),
      RangeError,
      mismatch,
      'state.0.square_avg to have length 35, as params[0][0] needs, but received 36',
    ],
    [
      'with many numbers of steps',
      set('state.0.step', { shape: [2], values: new Float32Array(2) }),
      RangeError,
      mismatch,
      'state.0.step to be one number, but received the shape [2]',
    ],
    [
      'with an integer number of steps',
      set('state.0.step', { dtype: 'I64', values: BigInt64Array.of(3n) }),
      RangeError,
      mismatch,
      'state.0.step to be F32 or F64, but received I64',
    ],
    ['half a step on', step(1.5), RangeError, mismatch, `${steps}, but received 1.5`],
    ['before the first step', step(-1), RangeError, mismatch, `${steps}, but received -1`],
    ['at no step', step(Number.NaN), RangeError, mismatch, `${steps}, but received NaN`],
    ['after too many', step(2 ** 53), RangeError, mismatch, `${steps}, but received ${2 ** 53}`],
  ])('%s', (_, edit, kind, code, says) =>
    expectRefusal('RMSprop', rmsprop, edit, kind, code, says),
  );

  test.each<[string, Edit, Kind, string, string]>([
    [
      'with one beta',
      group('betas', [0.9]),
      RangeError,
      mismatch,
      'param_groups[0].betas to have length 2, but received 1',
    ],
    [
      'with a bad beta',
      group('betas', [0.9, 1]),
      RangeError,
      'ERR_INVALID_OPTION',
      'param_groups[0].betas[1] to be a number of at least 0 and below 1, but received 1',
    ],
    [
      'with a number for a choice',
      group('decoupled_weight_decay', 1),
      TypeError,
      'ERR_INVALID_OPTION',
      'param_groups[0].decoupled_weight_decay to be true or false, but received 1',
    ],
  ])('%s: Adam', (_, edit, kind, code, says) => expectRefusal('Adam', {}, edit, kind, code, says));

  test.each<[string, Edit, string]>([
    [
      'without the product of the momenta',
      ({ tensors }) => tensors.delete('state.0.mu_product'),
      'state.0.mu_product to be there, but received none',
    ],
    [
      'with many products',
      set('state.0.mu_product', { shape: [2], values: new Float32Array(2) }),
      'state.0.mu_product to be one number, but received the shape [2]',
    ],
    [
      'with a product that is none',
      set('state.0.mu_product', { values: Float32Array.of(1.5) }),
      'state.0.mu_product to be a float32 number from 0 to 1, but received 1.5',
    ],
  ])('%s: NAdam', (_, edit, says) => expectRefusal('NAdam', {}, edit, RangeError, mismatch, says));

  test.each<[string, Edit, Kind, string, string]>([
    [
      'with options that do not go together',
      group('nesterov', true),
      RangeError,
      'ERR_CONFLICTING_OPTIONS',
      'param_groups[0].momentum to be above 0 and param_groups[0].dampening to be 0 where nesterov is true, but received momentum 0.9 and dampening 0.3',
    ],
    [
      'with counts of other tensors',
      metadata('steps', '[1]'),
      RangeError,
      mismatch,
      'metadata.steps to have length 4, but received 1',
    ],
    [
      'with a count that is none',
      metadata('steps', '[1.5,3,2,0]'),
      RangeError,
      mismatch,
      'metadata.steps[0] to be an integer from 0 to 2^53 - 2, but received 1.5',
    ],
    [
      'with no steps, and what only a step leaves',
      metadata('steps', '[3,0,2,0]'),
      RangeError,
      mismatch,
      'metadata.steps[1] to be above 0, as state.1 says, but received 0',
    ],
    [
      'with steps, and without what they leave',
      metadata('steps', '[3,3,2,1]'),
      RangeError,
      mismatch,
      'metadata.steps[3] to be 0, as state.3 says, but received 1',
    ],
  ])('%s: SGD', (_, edit, kind, code, says) =>
    expectRefusal('SGD', { momentum: 0.9, dampening: 0.3 }, edit, kind, code, says),
  );

  test('without the state of a tensor that had no step, where PyTorch makes it at the start: Adagrad', () =>
    expectRefusal(
      'Adagrad',
      { initialAccumulator: 0.1 },
      ({ tensors }) => ['sum', 'step'].map((kind) => tensors.delete(`state.3.${kind}`)),
      RangeError,
      mismatch,
      'state.3.sum to be there, but received none',
    ));

  test('by 16-bit parameters', async () => {
    await write('SGD', {}, () => {});
    const params = [35, 11, 13, 3].map((length) => new Uint16Array(length));
    const optimizer = make('SGD', params as never, { dtype: 'bfloat16' });
    await expect(loadPyTorchState(path, { optimizer })).rejects.toMatchObject({
      code: 'ERR_NOT_IN_PYTORCH',
    });
  });

  test('from a checkpoint, nor a checkpoint from a state of PyTorch', async () => {
    const optimizer = trained('Adam');
    await optimizer.save(path);
    await expect(loadPyTorchState(path, { optimizer })).rejects.toMatchObject({ code: mismatch });
    await savePyTorchState(path, { optimizer });
    await expect(optimizer.load(path)).rejects.toMatchObject({ code: 'ERR_CHECKPOINT_FORMAT' });
  });
});

async function expectRefusal(
  name: string,
  options: Options,
  edit: Edit,
  kind: Kind,
  code: string,
  says: string,
) {
  const optimizer = trained(name, options);
  await write(name, options, () => {});
  await loadPyTorchState(path, { optimizer }); // as it is, it is good
  train(optimizer, [4]);
  const state = structuredClone(optimizer.stateDict());
  await write(name, options, edit);
  const error = await loadPyTorchState(path, { optimizer }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ code, message: `Expected ${says}` });
  expect(optimizer.stateDict()).toEqual(state);
}
