import fc from 'fast-check';
import { expect } from 'vitest';
import { type Isa, loadCheckpoint, runtime, saveCheckpoint } from '../../lib/index.js';
import { nativeIsas } from '../engines.js';
import {
  collectAllGarbage,
  collectYoungGarbage,
  endsLike,
  grow,
  memories,
  resize,
  type World,
} from './world.js';

type Command = fc.AsyncCommand<object, World>;

/** How many commands have been run in this process. */
export const count = { commands: 0 };

function command(name: string, run: (world: World) => unknown): Command {
  return {
    check: () => true,
    async run(_, world) {
      count.commands++;
      await run(world);
      if (world.pending.length === 0 && !world.broken) world.compare();
    },
    toString: () => name,
  };
}

type Tensors = ReturnType<World['tensors']>;
type Gradients = (Tensors[number] | null)[];

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

const codeOf = (error: unknown) => (error as { code?: string } | undefined)?.code;

function expectThrows(run: () => unknown, code: string | undefined) {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  if (thrown !== undefined && codeOf(thrown) === undefined) throw thrown;
  expect(thrown === undefined ? undefined : codeOf(thrown)).toBe(code);
}

/** Which of two things that are wrong is found first is not promised. */
function codeOfRejection(promise: Promise<unknown>) {
  return promise.then(() => 'no error', codeOf);
}

/** Resolves when a promise is rejected with this code; other errors, such as that of memory that is gone, pass through. */
function rejects(promise: Promise<unknown>, code: string | undefined) {
  return promise.then(
    () => expect.fail(`${code} was expected`),
    (error) => {
      if (codeOf(error) !== code) throw error;
    },
  );
}

function gradientsOf(world: World, nulls: number, shared: boolean): Gradients {
  const gradients = world.tensors([shared ? 'shared' : 'own', 'offset', 'neighbours']);
  return gradients.map((gradient, i) => ((nulls >> (i % 5)) & 1 ? null : gradient));
}

const nulls = fc.oneof(fc.constant(0), fc.nat(31));

/** Whether a number of the gradients is NaN. */
const poisoned = fc.nat(4).map((n) => n === 0);

const copiesOf = (gradients: Gradients) => gradients.map((gradient) => gradient?.slice() ?? null);

const step = fc.record({ nulls, shared: fc.boolean(), poisoned }).map((given) =>
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
const parts = fc.record({ nulls, shared: fc.boolean(), first: fc.nat(4) }).map((given) =>
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
const rows = fc
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

const stepAsync = fc
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

const badStep = fc
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

const setRate = fc.constantFrom(1e-9, 1e-3, 0.5).map((rate) =>
  command(`learningRate = ${rate}`, ({ optimizer, twin, loading }) => {
    const set = () => {
      optimizer.learningRate = rate;
    };
    expectThrows(set, loading ? 'ERR_OPTIMIZER_BUSY' : undefined);
    if (!loading) twin.learningRate = rate;
  }),
);

const setBadRate = fc.constantFrom(-1, Number.NaN, '1', null).map((rate) =>
  command(`learningRate = ${rate}`, ({ optimizer, loading }) => {
    const before = optimizer.learningRate;
    const code = loading ? 'ERR_OPTIMIZER_BUSY' : 'ERR_INVALID_OPTION';
    expectThrows(() => {
      optimizer.learningRate = rate as number;
    }, code);
    expect(optimizer.learningRate).toBe(before);
  }),
);

/** A hyperparameter that needs a state which may not be there yet. */
const setState = fc.constant(
  command('a hyperparameter that needs a state', (world) => {
    const known = [
      ['momentum', 0.5, 'momentumBuffer'],
      ['amsgrad', true, 'maxSquareAverage'],
    ] as const;
    const found = known.find(([name]) => name in world.twin);
    if (!found) return; // all of the rule's states are always there
    const [name, value, state] = found;
    const tensors = world.twin.stateDict().groups.flatMap((group) => group.tensors);
    const isNew = tensors.some((tensor) => !Object.hasOwn(tensor.state, state));
    const busy = world.loading || (isNew && world.pending.length > 0);
    const set = (optimizer: unknown) => {
      (optimizer as Record<string, unknown>)[name] = value;
    };
    expectThrows(() => set(world.optimizer), busy ? 'ERR_OPTIMIZER_BUSY' : undefined);
    if (!busy) set(world.twin);
  }),
);

const freeze = fc
  .constantFrom([], ['*'], ['*0'], ['*1'], ['*2', '*3'], ['*nothing'])
  .map((patterns) =>
    command(`frozen = [${patterns}]`, ({ optimizer, twin, loading }) => {
      const names = twin.groups.flatMap(({ params }) => params);
      const matches = patterns.every((own) => names.some((name) => endsLike(name, own)));
      const code = loading ? 'ERR_OPTIMIZER_BUSY' : matches ? undefined : 'ERR_NO_MATCH';
      const set = (target: object) => Object.assign(target, { frozen: patterns });
      expectThrows(() => set(optimizer), code);
      if (!code) set(twin);
    }),
  );

/** Another group, in the middle of whatever. */
const addGroup = fc
  .record({ length: fc.nat(300), kind: fc.constantFrom(...memories) })
  .map((given) =>
    command(`addGroup(${JSON.stringify(given)})`, (world) => {
      if (world.params.length >= 8) return;
      const busy = world.pending.length > 0 && 'ERR_OPTIMIZER_BUSY';
      const shapeless = world.plan.shape !== 'groups' && 'ERR_INVALID_PARAMS';
      const code = busy || shapeless || world.broken;
      expectThrows(() => world.addGroup(given.length, given.kind), code);
    }),
  );

const wait = fc.constant(command('wait', (world) => world.settle()));

const garbage = fc.constant(command('collect garbage', () => collectAllGarbage()));

const engine = fc
  .record({
    isa: fc.constantFrom<Isa>(...nativeIsas, 'typescript'),
    threads: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ isa, threads }) =>
    command(`configure(${isa}, ${threads})`, (world) => {
      world.isa = isa;
      world.threads = threads;
      world.useEngine();
    }),
  );

const state = fc.boolean().map((anew) =>
  command(`state(${anew ? 'into a new optimizer' : 'into the same'})`, (world) => {
    if (world.pending.length > 0) {
      expectThrows(() => world.optimizer.stateDict(), 'ERR_OPTIMIZER_BUSY');
      return;
    }
    world.compareStates();
    const dict = structuredClone(world.optimizer.stateDict());
    if (anew && !world.broken) world.optimizer = world.create(world.params);
    world.optimizer.loadStateDict(dict);
    world.compareStates();
  }),
);

/** The state goes to a file and comes back, in its turn. */
const file = fc.record({ anew: fc.boolean(), wait: fc.boolean() }).map((given) =>
  command(`file(${JSON.stringify(given)})`, async (world) => {
    world.pending.push(world.optimizer.save(world.file));
    if (given.anew && !world.broken) {
      await world.settle();
      world.optimizer = world.create(world.params);
    }
    world.pending.push(world.optimizer.load(world.file));
    world.loading = true;
    if (!given.wait && !world.broken) return;
    await world.settle();
    world.compareStates();
  }),
);

/** Parameters and state go to a file, and parameters are overwritten before they come back. */
const checkpoint = fc.boolean().map((anew) =>
  command(`checkpoint(${anew ? 'into a new optimizer' : 'into the same'})`, async (world) => {
    const metadata = { epoch: count.commands };
    const pending = world.pending.length > 0;
    const save = saveCheckpoint(world.file, { optimizer: world.optimizer as never, metadata });
    if (world.broken) {
      await expect(save).rejects.toMatchObject({ code: world.broken });
      return;
    }
    if (pending) await world.settle();
    await save;
    for (const tensor of world.params) tensor.fill(0);
    if (anew) world.optimizer = world.create(world.params);
    const options = { optimizer: world.optimizer as never };
    expect(await loadCheckpoint(world.file, options)).toEqual(metadata);
    world.compareStates();
  }),
);

/** A parameter loses its memory, perhaps while a step is made with it. */
const transfer = fc.nat(4).map((place) =>
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
const transferGradients = fc.constant(
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
const shrink = fc.record({ place: fc.nat(4), back: fc.boolean() }).map(({ place, back }) =>
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

/** Averages are in the place of parameters for a while. */
const swap = fc.constant(
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

const growing = fc.nat(4).map((place) =>
  command(`grow(${place})`, (world) => {
    const i = place % world.params.length;
    if (world.kinds[i] === 'growable') grow(world.params[i] as Tensors[number]);
  }),
);

const renew = fc.constant(
  command('renew', async (world) => {
    await world.settle();
    world.renew();
  }),
);

const abandon = fc.constant(
  command('abandon the optimizer in the middle of a step', async (world) => {
    if (world.broken) return;
    await world.settle();
    if (!world.kinds.includes('resizable')) {
      const unused = world.create(world.tensors());
      unused.stepAsync(world.shaped(world.tensors()) as never);
    }
    world.renew();
    collectYoungGarbage();
  }),
);

export const commands: fc.Arbitrary<Command>[] = [
  step,
  step,
  parts,
  rows,
  stepAsync,
  stepAsync,
  badStep,
  setRate,
  setBadRate,
  setState,
  freeze,
  addGroup,
  wait,
  garbage,
  engine,
  state,
  file,
  checkpoint,
  transfer,
  transferGradients,
  shrink,
  growing,
  swap,
  renew,
  renew,
  abandon,
];
