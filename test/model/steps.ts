import fc from 'fast-check';
import { expect } from 'vitest';
import { command } from './command.js';
import { codeOf, codeOfRejection, expectThrows, rejects } from './errors.js';
import { copiesOf, type Gradients, gradientsOf, type Tensors } from './gradients.js';
import type { World } from './world.js';

const nulls = fc.oneof(fc.constant(0), fc.nat(31));

/** Whether a number of the gradients is NaN. */
const poisoned = fc.nat(4).map((n) => n === 0);

export const step = fc.record({ nulls, shared: fc.boolean(), poisoned }).map((given) =>
  command(`step(${JSON.stringify(given)})`, (world) => {
    const gradients = gradientsOf(world, given.nulls, given.shared);
    if (given.poisoned) world.poison(gradients);
    const copies = copiesOf(gradients);
    const code = world.pending.length > 0 ? 'ERR_OPTIMIZER_BUSY' : world.broken;
    const thrown = code === undefined ? world.stepTwin(copies) : undefined;
    expectThrows(
      () => world.optimizer.step(world.shaped(gradients) as never),
      code ?? codeOf(thrown),
    );
    if (!code) expect(copiesOf(gradients)).toEqual(copies);
  }),
);

/** Whether no step of parts can begin; then it is seen that its first call says so. */
function refusesParts({ options, pending }: World, first: () => void): boolean {
  const { onNonFinite = 'propagate', dynamicLossScale, clipGlobalNorm } = options;
  const needsAll = onNonFinite !== 'propagate' || dynamicLossScale || clipGlobalNorm;
  const whole = needsAll ? 'ERR_NEEDS_WHOLE_STEP' : undefined;
  const code = pending.length > 0 ? 'ERR_OPTIMIZER_BUSY' : whole;
  if (code) expectThrows(first, code);
  return code !== undefined;
}

/** A step of parts in some order, with something in between that has to fail. */
export const parts = fc.record({ nulls, shared: fc.boolean(), first: fc.nat(4) }).map((given) =>
  command(`parts(${JSON.stringify(given)})`, (world) => {
    if (world.broken) return;
    const { optimizer } = world;
    const gradients = gradientsOf(world, given.nulls, given.shared);
    const count = gradients.length;
    const take = (k: number) => {
      const i = (k + given.first) % count;
      optimizer.stepTensor(world.nameOf(i), gradients[i] as Tensors[number]);
    };
    if (refusesParts(world, () => take(0))) return;
    const copies = copiesOf(gradients);
    for (let k = 0; k < count; k++) {
      take(k);
      expectThrows(() => take(k), 'ERR_TENSOR_TWICE');
      expectThrows(() => optimizer.stateDict(), 'ERR_OPTIMIZER_BUSY');
    }
    optimizer.endStep();
    world.stepTwin(copies);
    expect(copiesOf(gradients)).toEqual(copies);
  }),
);

/** A step of some rows of every tensor, in any order, some of them more than once. */
export const rows = fc
  .record({ width: fc.constantFrom(1, 2, 5, 256), places: fc.array(fc.nat(999), { maxLength: 9 }) })
  .map((given) =>
    command(`rows(${JSON.stringify(given)})`, (world) => {
      if (world.broken) return;
      const { optimizer } = world;
      const gradients = world.tensors(['own']);
      const take = (of: typeof optimizer, i: number) => {
        const gradient = gradients[i] as Tensors[number];
        const { length } = gradient;
        const width = length % given.width === 0 ? given.width : length;
        const numbers = length === 0 ? [] : given.places.map((place) => place % (length / width));
        const View = gradient.constructor as Float32ArrayConstructor;
        const own = new View(numbers.length * width);
        for (const [k, row] of numbers.entries()) {
          own.set(gradient.subarray(row * width, (row + 1) * width) as Float32Array, k * width);
        }
        of.stepRows(world.nameOf(i), Uint32Array.from(numbers), own);
      };
      if (refusesParts(world, () => take(optimizer, 0))) return;
      for (const i of gradients.keys()) {
        const thrown = world.askTwin((twin) => take(twin, i));
        expectThrows(() => take(optimizer, i), codeOf(thrown));
      }
      const nothing = world.askTwin((twin) => twin.endStep());
      expectThrows(() => optimizer.endStep(), codeOf(nothing));
    }),
  );

export const stepAsync = fc
  .record({ nulls, shared: fc.boolean(), poisoned, wait: fc.boolean() })
  .map((given) =>
    command(`stepAsync(${JSON.stringify(given)})`, async (world) => {
      const gradients = gradientsOf(world, given.nulls, given.shared);
      if (given.poisoned) world.poison(gradients);
      const copies = copiesOf(gradients);
      // A step that waits keeps the scale that its gradients had; the twin's is that after the steps before.
      if (world.options.dynamicLossScale && !world.broken) await world.settle();
      const promise = world.optimizer.stepAsync(world.shaped(gradients) as never);
      const resizable = world.kinds.includes('resizable') && 'ERR_TENSOR_RESIZABLE';
      const codes = [world.broken, resizable].filter((code) => code);
      if (codes.length > 0) {
        expect(codes).toContain(await codeOfRejection(promise));
        await world.settle();
        return;
      }
      const thrown = world.stepTwin(copies);
      world.pending.push(thrown ? rejects(promise, codeOf(thrown)) : promise);
      if (given.wait || world.options.dynamicLossScale) await world.settle();
    }),
  );

/** What is wrong with the gradients of a step, at one place; and the code of the error. */
const faults = {
  type: 'ERR_TENSOR_TYPE',
  length: 'ERR_TENSOR_LENGTH',
  detached: 'ERR_TENSOR_DETACHED',
  alias: 'ERR_TENSOR_OVERLAP',
  overlap: 'ERR_TENSOR_OVERLAP',
  names: 'ERR_GRADIENT_NAMES',
} as const;
type Fault = keyof typeof faults;

function spoil(world: World, gradients: unknown[], fault: Fault, place: number) {
  const i = place % gradients.length;
  const parameter = world.params[i] as Tensors[number];
  const gradient = gradients[i] as Tensors[number];
  const { length, BYTES_PER_ELEMENT } = parameter;
  if (fault === 'names') return gradients.slice(1);
  // A detached tensor, an alias, of no elements at all is as good as any.
  const harmless = world.isFrozen(i) || (length === 0 && fault !== 'type' && fault !== 'length');
  const View = parameter.constructor as Float32ArrayConstructor;
  const spoilt = {
    type: () => new Int32Array(length),
    length: () => new View(length + 1),
    detached: () => {
      const copy = new View(length);
      structuredClone(copy.buffer, { transfer: [copy.buffer] });
      return copy;
    },
    alias: () => parameter,
    overlap: () => new View(parameter.buffer as ArrayBuffer, parameter.byteOffset, length),
  }[fault];
  const value = harmless || BYTES_PER_ELEMENT === 0 ? gradient : spoilt();
  return { list: gradients.map((g, k) => (k === i ? value : g)), harmless };
}

export const badStep = fc
  .record({
    fault: fc.constantFrom(...(Object.keys(faults) as Fault[])),
    place: fc.nat(4),
    later: fc.boolean(),
  })
  .map((given) =>
    command(`badStep(${JSON.stringify(given)})`, async (world) => {
      if (world.broken) return;
      const good = gradientsOf(world, 0, false);
      const spoilt = spoil(world, good, given.fault, given.place);
      const list = Array.isArray(spoilt) ? spoilt : spoilt.list;
      if (!Array.isArray(spoilt) && spoilt.harmless) return;
      const gradients = world.shaped(list as Gradients) as never;
      const resizable = world.kinds.includes('resizable');
      if (given.later) {
        await world.settle();
        const codes = [faults[given.fault], ...(resizable ? ['ERR_TENSOR_RESIZABLE'] : [])];
        expect(codes).toContain(await codeOfRejection(world.optimizer.stepAsync(gradients)));
      } else {
        const busy = world.pending.length > 0;
        const code = busy ? 'ERR_OPTIMIZER_BUSY' : faults[given.fault];
        expectThrows(() => world.optimizer.step(gradients), code);
      }
    }),
  );
