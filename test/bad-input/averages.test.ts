import { describe, expect, test } from 'vitest';
import {
  loadCheckpoint,
  loadPyTorchState,
  lrFinder,
  ScheduleFreeRMSprop,
  SGD,
  type StateDict,
  saveCheckpoint,
  savePyTorchState,
} from '../../lib/index.js';
import { expectFailure, type Failure, f32 } from './failure.js';

describe('averages', () => {
  const detached = {
    kind: RangeError,
    code: 'ERR_TENSOR_DETACHED',
    says: 'Expected params[1] to have length 1, like when the optimizer was made, but received a detached buffer',
  } as const;
  const busy = { kind: RangeError, code: 'ERR_OPTIMIZER_BUSY' } as const;
  const none = { kind: RangeError, code: 'ERR_NO_AVERAGES' } as const;
  test.each<Failure>([
    {
      does: 'where none are kept',
      run: () => new SGD(f32(1)).swapInAverages(),
      ...none,
      says: 'Expected averageDecay to be above 0, so that there are averages to swap in, but received none',
    },
    {
      does: 'where none are swapped in',
      run: () => new SGD(f32(1), { averageDecay: 0.5 }).swapOutAverages(),
      ...none,
      says: 'Expected swapInAverages() before swapOutAverages(), but received no such call',
    },
  ])('$does', (failure) => expectFailure(failure));

  const swapped = () => {
    const w = f32(1, 2);
    const optimizer = new SGD([w], { averageDecay: 0.5, learningRate: 1 });
    for (const x of [1, 5]) optimizer.step([f32(x, x)]);
    const before = { w: w.slice(), state: optimizer.stateDict() };
    optimizer.swapInAverages();
    const averages = w.slice();
    expect(averages).not.toEqual(before.w);
    return { w, optimizer, before, averages };
  };

  test('a Schedule-Free optimizer does not step while its average is evaluated', async () => {
    const w = f32(1, 2);
    const optimizer = new ScheduleFreeRMSprop([w]);
    optimizer.step([f32(1, -1)]);
    const [trained, state] = [w.slice(), optimizer.stateDict()];
    optimizer.swapInAverages();
    for (const run of [() => optimizer.step([f32(1, 1)]), () => optimizer.stateDict()]) {
      expect(run).toThrow(expect.objectContaining({ code: 'ERR_OPTIMIZER_BUSY' }));
    }
    await expect(optimizer.save('nowhere')).rejects.toMatchObject({ code: 'ERR_OPTIMIZER_BUSY' });
    optimizer.swapOutAverages();
    expect([w, optimizer.stateDict()]).toEqual([trained, state]);
  });

  const says = (call: string) =>
    `Expected ${call} when nothing is at work on the optimizer, but received a call while averages are swapped in`;
  type Call = (optimizer: SGD<Float32Array[]>) => unknown;
  test.each<[string, Call, string]>([
    ['step', (o) => o.step([f32(1, 1)]), 'step()'],
    ['stateDict', (o) => o.stateDict(), 'stateDict()'],
    ['loadStateDict', (o) => o.loadStateDict({} as StateDict), 'loadStateDict()'],
    ['swapInAverages', (o) => o.swapInAverages(), 'swapInAverages()'],
    ['addGroup', (o) => o.addGroup({ params: f32(1) } as never), 'addGroup()'],
    [
      'a new state',
      (o) => {
        o.momentum = 0.9;
      },
      'momentum to be set to what needs new states',
    ],
  ])('are in the way of %s', (does, call, named) => {
    const { w, optimizer, before, averages } = swapped();
    expectFailure({ does, run: () => call(optimizer), ...busy, says: says(named) });
    expect(w).toEqual(averages);
    optimizer.swapOutAverages();
    expect({ w, state: optimizer.stateDict() }).toEqual(before);
  });

  test.each<[string, (optimizer: SGD<Float32Array[]>) => Promise<unknown>]>([
    ['stepAsync()', (o) => o.stepAsync([f32(1, 1)])],
    ['save()', (o) => o.save('/nowhere')],
    ['load()', (o) => o.load('/nowhere')],
    ['saveCheckpoint()', (optimizer) => saveCheckpoint('/nowhere', { optimizer })],
    ['loadCheckpoint()', (optimizer) => loadCheckpoint('/nowhere', { optimizer })],
    ['savePyTorchState()', (optimizer) => savePyTorchState('/nowhere', { optimizer })],
    ['loadPyTorchState()', (optimizer) => loadPyTorchState('/nowhere', { optimizer })],
    ['lrFinder()', (o) => lrFinder(o, () => ({ loss: 1, gradients: [f32(1, 1)] }))],
  ])('are in the way of %s', async (named, call) => {
    const { w, optimizer, before } = swapped();
    const message = says(named);
    await expect(call(optimizer)).rejects.toMatchObject({ code: busy.code, message });
    optimizer.swapOutAverages();
    expect({ w, state: optimizer.stateDict() }).toEqual(before);
  });

  test('are not swapped in while a promise is pending', async () => {
    const optimizer = new SGD([f32(1)], { averageDecay: 0.5 });
    const step = optimizer.stepAsync([f32(1)]);
    expectFailure({
      does: '',
      run: () => optimizer.swapInAverages(),
      ...busy,
      says: 'Expected swapInAverages() when nothing is at work on the optimizer, but received a call while a promise of it is pending',
    });
    await step;
    optimizer.swapInAverages();
  });

  const twoTensors = () => {
    const [a, b] = [f32(1), f32(2)];
    const optimizer = new SGD([a, b], { averageDecay: 0.5, learningRate: 1 });
    for (const x of [1, 5]) optimizer.step([f32(x), f32(x)]);
    const loseSecond = () => structuredClone(b.buffer, { transfer: [b.buffer] });
    return { a, before: a.slice(), loseSecond, optimizer };
  };

  test('are not swapped in where a parameter has lost its memory', () => {
    const { a, before, loseSecond, optimizer } = twoTensors();
    loseSecond();
    expectFailure({ does: '', run: () => optimizer.swapInAverages(), ...detached });
    expect(a).toEqual(before);
  });

  test('are swapped out but for a parameter that has lost its memory meanwhile', () => {
    const { a, before, loseSecond, optimizer } = twoTensors();
    optimizer.swapInAverages();
    expect(a).not.toEqual(before);
    loseSecond();
    optimizer.swapOutAverages();
    expect(a).toEqual(before);
    expectFailure({ does: '', run: () => optimizer.step([f32(1), f32(1)]), ...detached });
    expect(optimizer.stateDict().groups[0]?.tensors[0]?.step).toBe(2);
  });

  test('are not swapped in where there is no memory to keep the parameters', () => {
    const w = f32(1);
    const optimizer = new SGD([w], { averageDecay: 0.5 });
    optimizer.step([f32(1)]);
    const before = w.slice();
    const { ArrayBuffer: whole } = globalThis;
    globalThis.ArrayBuffer = class {
      constructor() {
        throw new RangeError('Array buffer allocation failed');
      }
    } as unknown as ArrayBufferConstructor;
    try {
      expect(() => optimizer.swapInAverages()).toThrow(
        expect.objectContaining({ code: 'ERR_OUT_OF_MEMORY' }),
      );
    } finally {
      globalThis.ArrayBuffer = whole;
    }
    expect(w).toEqual(before);
    optimizer.step([f32(1)]);
  });
});
