import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPyTorchState, savePyTorchState } from '../../lib/index.js';
import { difference } from '../bits.js';
import type { AnyOptimizer } from '../variants.js';
import {
  differenceOfStates,
  everyVariant,
  freshParams,
  gradientsOf,
  isInPyTorch,
  layout,
  make,
  temporaryFolder,
  train,
} from './training.js';

const python = process.env.RMSPROP_PYTHON ?? 'python3';
const folder = temporaryFolder();
const before = [1, 2, 3, 4, 5];
const after = [6, 7, 8, 9, 10];

/** Where the count of steps is beyond what a float32 counts. */
const MANY = 2 ** 24 + 1;

function setSteps(optimizer: AnyOptimizer, step: number) {
  const state = optimizer.stateDict();
  state.counters.updates = step;
  for (const tensor of state.groups.flatMap(({ tensors }) => tensors)) tensor.step = step;
  optimizer.loadStateDict(state);
}

test('PyTorch goes on from states saved here, bit for bit, and back again', async ({ skip }) => {
  const numbers = (tensors: readonly (ArrayLike<number> | null)[]) =>
    tensors.map((tensor) => tensor && Array.from(tensor));
  const cases = [];
  const variants = everyVariant.filter(({ name, options }) => isInPyTorch(name, options));
  const all = [...variants, ...variants.filter(({ options }) => options.maximize)];
  for (const [i, { name, options }] of all.entries()) {
    const params = freshParams();
    const optimizer = make(name, params, options, { learningRate: 0.003 });
    train(optimizer, before);
    if (i >= variants.length) setSteps(optimizer, MANY);
    await savePyTorchState(join(folder, `${i}.safetensors`), { optimizer });
    const groups = layout.map((group, g) =>
      group.map((each, k) => ({ ...each, values: Array.from(params[2 * g + k] as Float32Array) })),
    );
    cases.push({ name, options, params, optimizer, groups });
  }
  const steps = after.map((step) => numbers(gradientsOf(step)));
  const forPython = cases.map(({ name, groups }) => ({ rule: name, groups, steps }));
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(forPython));

  const script = join(__dirname, 'resume.py');
  const run = spawnSync(python, ['-B', script, folder], { encoding: 'utf8' });
  const reason = run.error?.message ?? /^cannot: (.*)/m.exec(run.stderr)?.[1];
  if (reason) {
    const needed = `pip install torch safetensors numpy, and RMSPROP_PYTHON=/path/to/python`;
    console.warn(`Not tested: PyTorch goes on from states saved here. ${reason}; ${needed}`);
    skip(reason);
  }
  expect(run.status, run.stderr).toBe(0);

  const results: number[][][] = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
  expect(results.length).toBe(cases.length);
  for (const [i, { name, options, params, optimizer }] of cases.entries()) {
    train(optimizer, after);
    const what = `${name} ${JSON.stringify(options)}`;
    for (const [k, param] of params.entries()) {
      const values = (param.constructor as Float32ArrayConstructor).from(
        results[i]?.[k] as number[],
      );
      const found = difference(param, values);
      if (found) expect.fail(`${what}: parameter ${k}${found}`);
    }
    const returned = make(name, freshParams());
    await loadPyTorchState(join(folder, `${i}.safetensors`), { optimizer: returned });
    // SGD has no count of steps in PyTorch: only that there were some.
    if (name === 'SGD') for (const each of [optimizer, returned]) setSteps(each, 1);
    expect(differenceOfStates(returned, optimizer), what).toBeUndefined();
  }
});
