import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { train } from '../../lib/tfjs/index.js';
import { backends, use } from './backends.js';
import {
  artifactsOf,
  compile,
  load,
  type Network,
  networks,
  trainModel,
  weightsOf,
} from './networks.js';

const both = backends.flatMap((backend) =>
  (Object.keys(networks) as Network[]).map((network) => ({ backend, network })),
);

describe.each(both)('a model ($network) on the backend $backend', ({ backend, network }) => {
  test('learns what it learns with tf.train', async () => {
    await use(backend);
    const model = compile(networks[network](), train.rmsprop(0.02));
    const other = compile(networks[network](), tf.train.rmsprop(0.02));
    const losses = await trainModel(model, network, 15);
    const expected = await trainModel(other, network, 15);
    // Both make the same step to float32 rounding. Steps on wasm with weights of old steps would go elsewhere.
    for (const [i, loss] of losses.entries()) expect(loss).toBeCloseTo(expected[i] as number, 3);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
    model.dispose();
    other.dispose();
  });

  test('trains without a tensor left over', async () => {
    await use(backend);
    const model = compile(networks[network](), train.adam(0.01));
    await trainModel(model, network, 1);
    const before = tf.memory();
    await trainModel(model, network, 5);
    const { numTensors, numDataBuffers } = tf.memory();
    expect([numTensors, numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
    model.dispose();
    model.optimizer.dispose();
  });
});

const kinds = {
  adam: () => train.adam(0.01),
  adamw: () => train.adamw({ learningRate: 0.01, weightDecay: 0.1, accumulationSteps: 2 }),
  rmsprop: () => train.rmsprop(0.01, 0.9, 0.5, null, true),
};

/** A model that was saved in the midst of its training, and where it goes. */
async function save(backend: string, network: Network, make: () => tf.Optimizer) {
  await use(backend);
  const straight = compile(networks[network](), make());
  const losses = await trainModel(straight, network, 7);
  const stopped = compile(networks[network](), make());
  await trainModel(stopped, network, 3);
  const artifacts = await artifactsOf(stopped);
  return { artifacts, expected: { losses: losses.slice(3), weights: weightsOf(straight) } };
}

describe.each(both)('a model ($network) that is saved on $backend', ({ backend, network }) => {
  test.each(Object.entries(kinds))('goes on when it is loaded, with %s', async (_, make) => {
    const { artifacts, expected } = await save(backend, network, make);
    // Its variables have other names now: it shares the process with the one that has them.
    const model = await load(artifacts);
    const losses = await trainModel(model, network, 4);
    expect({ losses, weights: weightsOf(model) }).toEqual(expected);
  });
});

test('models go on in another process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rmsprop-tfjs-'));
  const saved: Awaited<ReturnType<typeof save>>[] = [];
  for (const { backend, network } of both) saved.push(await save(backend, network, kinds.rmsprop));
  const jobs = saved.map(({ artifacts: { weightData, ...artifacts } }, i) => {
    const { backend, network } = both[i] as (typeof both)[number];
    const file = join(folder, `${i}`);
    writeFileSync(`${file}.bin`, new Uint8Array(weightData as ArrayBuffer));
    writeFileSync(`${file}.json`, JSON.stringify(artifacts));
    return `${backend} ${network} ${file}`;
  });
  execFileSync(process.execPath, ['--import', 'tsx', join(__dirname, 'go-on.ts'), ...jobs]);
  for (const [i, { expected }] of saved.entries()) {
    expect(JSON.parse(readFileSync(join(folder, `${i}.out`), 'utf8'))).toEqual(expected);
  }
  rmSync(folder, { recursive: true });
});
