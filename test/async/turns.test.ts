import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  Adam,
  configure,
  type Isa,
  RMSprop,
  SGD,
  saveCheckpoint,
  savePyTorchState,
} from '../../lib/index.js';
import { engines } from '../engines.js';

const f32 = (...values: number[]) => Float32Array.from(values);

/** A step that takes some milliseconds. */
const LARGE = 4_000_000;
const large = () => new Float32Array(LARGE).fill(1);

const codeOf = (error: unknown) => (error as { code?: string }).code;
function codeThrown(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return codeOf(error);
  }
  return undefined;
}

describe.each(engines)('on %s', (isa: Isa) => {
  beforeEach(() => configure({ isa, threads: 2 }));

  test('steps are made in the order asked for, each with the rate of its moment', async () => {
    const w = f32(0);
    const optimizer = new SGD(w, { learningRate: 1 });
    const seen: number[] = [];
    const steps = [1, 0.5, 0.25].map((rate) => {
      optimizer.learningRate = rate;
      return optimizer.stepAsync(f32(1)).then(() => seen.push(rate));
    });
    optimizer.learningRate = 100;
    await Promise.all(steps);
    expect(seen).toEqual([1, 0.5, 0.25]);
    expect(w).toEqual(f32(-1.75));
    optimizer.step(f32(1));
    expect(w).toEqual(f32(-101.75));
  });

  test('steps that wait for a load have what it loads, whatever is set when it is over', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rmsprop-'));
    const file = join(folder, 'state.safetensors');
    const w = f32(0);
    const optimizer = new SGD(w, { learningRate: 1 });
    await optimizer.save(file);
    optimizer.learningRate = 10;
    const load = optimizer.load(file);
    const steps = [1, 2, 3].map(() => optimizer.stepAsync(f32(1)));
    await load;
    optimizer.learningRate = 100;
    await Promise.all(steps);
    expect(w).toEqual(f32(-3));
    optimizer.step(f32(1));
    expect(w).toEqual(f32(-103));
    rmSync(folder, { recursive: true });
  });

  test('what does not wait fails while a step is pending, and works when it is over', async () => {
    const w = f32(0);
    const optimizer = new SGD(w, { learningRate: 1 });
    const dict = optimizer.stateDict();
    const pending = optimizer.stepAsync(f32(1));
    const calls = [
      () => optimizer.step(f32(1)),
      () => optimizer.stateDict(),
      () => optimizer.loadStateDict(dict),
      () => {
        optimizer.momentum = 0.9; // needs a buffer
      },
    ];
    for (const call of calls) expect(codeThrown(call)).toBe('ERR_OPTIMIZER_BUSY');
    expect(optimizer.momentum).toBe(0);
    await pending;
    expect(w).toEqual(f32(-1));
    for (const call of calls) expect(codeThrown(call)).toBeUndefined();
  });

  test('nothing can be done while the getters of others run', async () => {
    const w = f32(0);
    const optimizer = new SGD({ w }, { learningRate: 1 });
    const dict = optimizer.stateDict();
    const codes: (string | undefined)[] = [];
    const within = <T>(value: T) => {
      for (const call of [
        () => optimizer.step({ w: f32(1) }),
        () => optimizer.stateDict(),
        () => optimizer.loadStateDict(dict),
      ]) {
        codes.push(codeThrown(call));
      }
      return value;
    };
    optimizer.loadStateDict({
      ...dict,
      get rule() {
        return within(dict.rule);
      },
    });
    await optimizer.stepAsync({
      get w() {
        return within(f32(1));
      },
    });
    expect(codes).toEqual(Array(6).fill('ERR_OPTIMIZER_BUSY'));
    expect(w).toEqual(f32(-1));
    optimizer.step({ w: f32(1) });
  });

  test('nothing can be asked for from within a step', async () => {
    const w = f32(0);
    const optimizer = new SGD({ w }, { learningRate: 1 });
    const file = join(tmpdir(), `rmsprop-never-written-${process.pid}`);
    const codes: (string | undefined)[] = [];
    const promises: Promise<unknown>[] = [];
    optimizer.step({
      get w() {
        codes.push(codeThrown(() => optimizer.step({ w: f32(1) })));
        codes.push(codeThrown(() => optimizer.stateDict()));
        promises.push(optimizer.stepAsync({ w: f32(1) }), optimizer.save(file));
        promises.push(saveCheckpoint(file, { optimizer }), savePyTorchState(file, { optimizer }));
        promises.push(optimizer.load(file));
        return f32(1);
      },
    });
    for (const result of await Promise.allSettled(promises)) {
      codes.push(codeOf((result as PromiseRejectedResult).reason ?? {}));
    }
    expect(codes).toEqual(Array(7).fill('ERR_OPTIMIZER_BUSY'));
    expect(w).toEqual(f32(-1));
    expect(existsSync(file)).toBe(false);
  });

  test('a step that fails leaves everything as it is, and the next one is made', async () => {
    const [a, b] = [f32(1), f32(1)];
    const optimizer = new Adam([a, b], { learningRate: 1 });
    const good = () => [f32(1), f32(1)];
    const results = await Promise.allSettled([
      optimizer.stepAsync(good()),
      optimizer.stepAsync([f32(1), f32(1, 2)]),
      optimizer.stepAsync([a, f32(1)]),
      optimizer.stepAsync(good()),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    const reasons = results.map((result) => codeOf((result as PromiseRejectedResult).reason ?? {}));
    expect(reasons[1]).toBe('ERR_TENSOR_LENGTH');
    expect(reasons[2]).toBe('ERR_TENSOR_OVERLAP');
    expect(optimizer.stateDict().groups[0]?.tensors.map(({ step }) => step)).toEqual([2, 2]);
  });

  test('a gradient that loses its memory while it waits fails, and changes nothing', async () => {
    const w = f32(0);
    const optimizer = new SGD(w, { learningRate: 1 });
    const gradient = f32(1);
    const first = optimizer.stepAsync(f32(1));
    const second = optimizer.stepAsync(gradient);
    structuredClone(gradient.buffer, { transfer: [gradient.buffer] });
    await first;
    await expect(second).rejects.toMatchObject({ code: 'ERR_TENSOR_DETACHED' });
    expect(w).toEqual(f32(-1));
  });

  test('a signal cancels a step that waits, and no other', async () => {
    const w = f32(0);
    const optimizer = new SGD(w, { learningRate: 1 });
    const controllers = [0, 1, 2].map(() => new AbortController());
    const steps = controllers.map(({ signal }) => optimizer.stepAsync(f32(1), { signal }));
    controllers[1]?.abort();
    const results = await Promise.allSettled(steps);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { name: 'AbortError' } });
    expect(w).toEqual(f32(-2));
  });

  test('a signal that was given before cancels at once, with its reason', async () => {
    const w = f32(0);
    const optimizer = new SGD(w);
    const reason = new Error('no longer needed');
    const step = optimizer.stepAsync(f32(1), { signal: AbortSignal.abort(reason) });
    await expect(step).rejects.toBe(reason);
    expect(w).toEqual(f32(0));
    optimizer.step(f32(1));
  });

  test.each<[string, unknown, string, string]>([
    ['no object', 1, 'ERR_INVALID_OPTION', 'Expected options to be a plain object, but received 1'],
    [
      'a signal that is none',
      { signal: {} },
      'ERR_INVALID_OPTION',
      'Expected options.signal to be an AbortSignal, but received an object',
    ],
    [
      'a misspelt option',
      { signa: undefined },
      'ERR_UNKNOWN_OPTION',
      'Expected options to have only signal, report, but received "signa"',
    ],
  ])('options that are %s are refused', async (_, options, code, message) => {
    const optimizer = new SGD(f32(0));
    const step = optimizer.stepAsync(f32(1), options as object);
    await expect(step).rejects.toMatchObject({ code, message });
    await expect(step).rejects.toBeInstanceOf(TypeError);
  });

  test.runIf('resizable' in ArrayBuffer.prototype)(
    'memory that could shrink under the step is refused, and stays good for synchronous ones',
    async () => {
      const Resizable = ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer;
      const resizable = () => new Float32Array(new Resizable(4, { maxByteLength: 8 }), 0, 1);
      const w = resizable();
      const code = 'ERR_TENSOR_RESIZABLE';
      await expect(new SGD(w).stepAsync(f32(1))).rejects.toMatchObject({ code });
      await expect(new SGD(f32(0)).stepAsync(resizable())).rejects.toMatchObject({ code });
      expect(w).toEqual(f32(0));
      new SGD(w).step(resizable());
    },
  );
});

describe('on the kernel', () => {
  const [native] = engines;
  // On Windows the step is over when stepAsync() returns.
  const inBackground = test.skipIf(process.platform === 'win32');
  beforeEach(() => configure({ isa: native as Isa, threads: 2 }));
  afterEach(() => turnOfTheLoop());

  inBackground('the event loop turns while a step is made', async () => {
    const optimizer = new Adam(large());
    const gradient = large();
    await optimizer.stepAsync(gradient);
    let turns = 0;
    let pending = true;
    const step = optimizer.stepAsync(gradient).then(() => {
      pending = false;
    });
    while (pending) {
      await turnOfTheLoop();
      turns++;
    }
    await step;
    expect(turns).toBeGreaterThan(10);
  });

  test('a signal cancels a step that waits for the step of another optimizer', async () => {
    const gradient = large();
    const busy = new Adam(large());
    const w = f32(0);
    const waiting = new SGD(w);
    const controller = new AbortController();
    const steps = Promise.all([busy.stepAsync(gradient), busy.stepAsync(gradient)]);
    const step = waiting.stepAsync(f32(1), { signal: controller.signal });
    controller.abort();
    await expect(step).rejects.toMatchObject({ name: 'AbortError' });
    await steps;
    expect(w).toEqual(f32(0));
    await waiting.stepAsync(f32(1), { signal: new AbortController().signal });
    expect(w).not.toEqual(f32(0));
  });

  inBackground('a step that has begun is finished, whatever the signal says', async () => {
    const controller = new AbortController();
    const w = large();
    const first = w[0];
    const optimizer = new RMSprop(w);
    const step = optimizer.stepAsync(large(), { signal: controller.signal });
    const end = performance.now() + 30_000;
    while (w[0] === first && performance.now() < end); // until its thread has begun
    controller.abort();
    await step;
    expect(optimizer.stateDict().groups[0]?.tensors[0]?.step).toBe(1);
  });

  test('synchronous steps of other optimizers go on meanwhile', async () => {
    const slow = new Adam(large());
    const step = slow.stepAsync(large());
    const expected = large();
    configure({ threads: 1 });
    new SGD(expected).step(large());
    configure({ threads: 2 });
    const w = large();
    new SGD(w).step(large());
    await step;
    expect(Buffer.compare(Buffer.from(w.buffer), Buffer.from(expected.buffer))).toBe(0);
  });

  test('a later slice of many tensors is refused, and changes nothing', async () => {
    const params = Array.from({ length: 600 }, () => f32(1));
    const optimizer = new SGD(params);
    const gradients = params.map(() => f32(1));
    gradients[599] = params[0] as Float32Array<ArrayBuffer>;
    await expect(optimizer.stepAsync(gradients)).rejects.toMatchObject({
      code: 'ERR_TENSOR_OVERLAP',
    });
    expect(params.every(([x]) => x === 1)).toBe(true);
    const step = optimizer.stepAsync(params.map(() => f32(1)));
    structuredClone(params[599]?.buffer, { transfer: [params[599]?.buffer as ArrayBuffer] });
    await expect(step).rejects.toMatchObject({ code: 'ERR_TENSOR_DETACHED' });
    expect(params.slice(0, 599).every(([x]) => x === 1)).toBe(true);
  });
});
