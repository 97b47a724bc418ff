import fc from 'fast-check';
import { expect } from 'vitest';
import { runtime } from '../../lib/index.js';
import { command } from './command.js';
import { codeOf, expectThrows } from './errors.js';
import { copiesOf, gradientsOf, type Tensors } from './gradients.js';
import { collectAllGarbage, collectYoungGarbage, grow, resize } from './world.js';

/** A parameter loses its memory, perhaps while a step is made with it. */
export const transfer = fc.nat(4).map((place) =>
  command(`transfer(${place})`, async (world) => {
    const tensor = world.params[place % world.params.length] as Tensors[number];
    const { buffer } = tensor;
    if (tensor.length === 0 || !(buffer instanceof ArrayBuffer) || world.broken) return;
    const { pending } = world;
    world.pending = [];
    structuredClone(buffer, { transfer: [buffer] });
    collectYoungGarbage();
    for (const result of await Promise.allSettled(pending)) {
      if (result.status === 'fulfilled') continue;
      expect(codeOf(result.reason)).toBe('ERR_TENSOR_DETACHED');
      world.apart = true;
    }
    world.loading = false;
    world.broken = 'ERR_TENSOR_DETACHED';
  }),
);

/** Gradients are transferred away while a step is made with them. */
export const transferGradients = fc.constant(
  command('transferGradients', async (world) => {
    if (world.broken || world.kinds.includes('resizable')) return;
    await world.settle();
    const gradients = gradientsOf(world, 0, false);
    const copies = copiesOf(gradients);
    const step = world.optimizer.stepAsync(world.shaped(gradients) as never);
    const buffers = new Set(gradients.map((gradient) => gradient?.buffer as ArrayBuffer));
    structuredClone([...buffers], { transfer: [...buffers] });
    collectYoungGarbage();
    const isUnused = (length: number, i: number) => length === 0 || world.isFrozen(i);
    if (runtime().asynchronous || world.plan.lengths.every(isUnused)) {
      await step;
      world.stepTwin(copies);
    } else {
      // Without threads of its own an engine looks at them when the step is made.
      await expect(step).rejects.toMatchObject({ code: 'ERR_TENSOR_DETACHED' });
    }
  }),
);

/** A resizable buffer shrinks, and steps fail; it grows again, and its numbers are 0. */
export const shrink = fc.record({ place: fc.nat(4), back: fc.boolean() }).map(({ place, back }) =>
  command(`shrink(${place}, ${back ? 'and back' : 'for good'})`, async (world) => {
    const i = place % world.params.length;
    const tensor = world.params[i] as Tensors[number];
    if (world.kinds[i] !== 'resizable' || tensor.length === 0 || world.broken) return;
    await world.settle();
    const { byteLength } = tensor;
    resize(tensor, byteLength - tensor.BYTES_PER_ELEMENT);
    const gradients = world.shaped(gradientsOf(world, 0, false)) as never;
    expectThrows(() => world.optimizer.step(gradients), 'ERR_TENSOR_LENGTH');
    if (!back) {
      world.broken = 'ERR_TENSOR_LENGTH';
      return;
    }
    resize(tensor, byteLength + 16);
    tensor.set(world.twinParams[i] as Tensors[number]);
  }),
);

export const growing = fc.nat(4).map((place) =>
  command(`grow(${place})`, (world) => {
    const i = place % world.params.length;
    if (world.kinds[i] === 'growable') grow(world.params[i] as Tensors[number]);
  }),
);

/** Averages are in the place of parameters for a while. */
export const swap = fc.constant(
  command('swap', (world) => {
    const { optimizer, twin, options, rule } = world;
    const hasNone = options.averageDecay === undefined && !rule.average;
    const none = hasNone ? 'ERR_NO_AVERAGES' : world.broken;
    const code = world.pending.length > 0 ? 'ERR_OPTIMIZER_BUSY' : none;
    expectThrows(() => optimizer.swapInAverages(), code);
    if (code) return;
    twin.swapInAverages();
    world.compare();
    const gradients = world.shaped(gradientsOf(world, 0, false)) as never;
    expectThrows(() => optimizer.step(gradients), 'ERR_OPTIMIZER_BUSY');
    optimizer.swapOutAverages();
    twin.swapOutAverages();
  }),
);

export const garbage = fc.constant(command('collect garbage', () => collectAllGarbage()));
