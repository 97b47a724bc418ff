/**
 * Resident memory of a process that takes 10^6 steps, then makes and drops 10^4 optimizers: after each tenth. What has grown
 * at the end is watched for as long again, and fails if it has grown again: allocators keep some of what they took, once.
 * Needs --expose-gc; an argument makes it so many times shorter.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { MemoryArray } from '../../lib/tensor.js';
import { ordinaryValue } from '../bits.js';
import { possible, storages, tensorOf } from '../storages.js';
import { type AnyOptimizer, extremes, type Options, optimizers } from '../variants.js';

/** In MB. 7 bytes a step would be as much, or 700 bytes an optimizer. */
const BOUND = 5;
const shorter = Number(process.argv[2] ?? 1);

async function residentMegabytes(): Promise<number> {
  // Finalizers free the native side when the event loop turns, threads of V8's the memory of buffers.
  for (let i = 0; i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await setTimeout(20);
  }
  return process.memoryUsage.rss() / 2 ** 20;
}

async function watch(name: string, count: number, work: (i: number) => void) {
  const tenth = Math.round(count / shorter / 10);
  let done = 0;
  const workUntil = async (end: number) => {
    for (; done < end; done++) {
      work(done);
      if (done % 100 === 99) await setImmediate(); // as in a service
    }
  };

  const before = await residentMegabytes();
  // First compilers and allocators take what they need.
  await workUntil(2 * tenth);
  const figures = [await residentMegabytes()];
  let growth: number;
  do {
    for (let k = 0; k < 10; k++) {
      await workUntil(done + tenth);
      figures.push(await residentMegabytes());
    }
    // The least of three: what V8 has not given back yet comes and goes.
    growth = Math.min(...figures.slice(-3)) - Math.min(...figures.slice(-11, -8));
  } while (growth > BOUND && figures.length < 20);
  const [first, warm, ...tenths] = [before, ...figures].map((megabytes) => megabytes.toFixed(1));
  console.log(
    `${10 * tenth} ${name}. Resident MB: ${first}, after a fifth as many ${warm}, then after each tenth ` +
      `${tenths.join(' ')}: ${growth.toFixed(1)} more over the last ten, at most ${BOUND}`,
  );
  if (!(growth <= BOUND)) process.exitCode = 1;
}

/** Every rule with the fewest and the most states, and with each way to store them. */
const kinds = optimizers.flatMap(({ rule, Class }) =>
  extremes(rule).flatMap((variant) =>
    [undefined, ...storages.filter((storage) => possible(variant, storage))].map((storage) => ({
      tensor: (length: number, seed: number): MemoryArray => {
        const value = (i: number) => ordinaryValue(seed, i);
        return storage
          ? tensorOf(storage, length, value)
          : new Float32Array(length).map((_, i) => value(i));
      },
      make: (params: MemoryArray[]): AnyOptimizer =>
        new Class(params as never, { ...variant, ...storage } as Options),
    })),
  ),
);

function watchSteps() {
  const standing = kinds.map(({ tensor, make }) => ({
    optimizer: make([tensor(5, 1), tensor(100, 2)]),
    gradients: [tensor(5, 3), tensor(100, 4)] as never[],
  }));
  return watch('steps', 1e6, (i) => {
    const { optimizer, gradients } = standing[i % standing.length] as (typeof standing)[number];
    optimizer.step(gradients);
  });
}

function watchOptimizers() {
  // Of many tensors, so that what the native side remembers of each would show.
  const lengths = Array.from({ length: 20 }, (_, k) => 50 + k);
  const memory = kinds.map(({ tensor }) => ({
    params: lengths.map((length) => tensor(length, 5)),
    gradients: lengths.map((length) => tensor(length, 6)) as never[],
  }));
  return watch('optimizers', 1e4, (i) => {
    const k = i % kinds.length;
    const { make } = kinds[k] as (typeof kinds)[number];
    const { params, gradients } = memory[k] as (typeof memory)[number];
    const optimizer = make(params);
    optimizer.step(gradients);
    if (i % 10 === 0) {
      const other = make(params);
      other.loadStateDict(optimizer.stateDict());
      other.step(gradients);
    }
  });
}

watchSteps().then(watchOptimizers);
