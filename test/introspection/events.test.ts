import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  Adam,
  configure,
  type Isa,
  lrFinder,
  Scheduler,
  SGD,
  type StepEvent,
} from '../../lib/index.js';
import { engines } from '../engines.js';

const one = (x = 1) => Float32Array.of(x);

describe.each(engines)('on %s', (isa: Isa) => {
  test('a listener is told of every step, and no more once it has ended that', async () => {
    configure({ isa });
    const optimizer = new SGD([{ params: one(4) }, { params: one(), learningRate: 0.5 }], {
      learningRate: 0.25,
      measureNorms: true,
    });
    new Scheduler(optimizer, (step) => 2 ** -step);
    const told: StepEvent[] = [];
    const end = optimizer.onStep((event) => told.push(event));
    optimizer.step([one(3), one(4)]);
    optimizer.learningRate = 1;
    await optimizer.stepAsync([one(3), null]);
    optimizer.stepWithReport([one(0), one(0)]);
    end();
    end();
    optimizer.step([one(0), one(0)]);
    expect(told).toEqual([
      {
        step: 1,
        learningRates: [0.25, 0.5],
        updated: true,
        gradientNorm: 5,
        gradientNorms: Float64Array.of(3, 4),
      },
      {
        step: 2,
        learningRates: [1, 1],
        updated: true,
        gradientNorm: 3,
        gradientNorms: Float64Array.of(3, 0),
      },
      expect.objectContaining({ step: 3, report: [expect.anything(), expect.anything()] }),
    ]);
  });

  test('steps that wait are told with the rates that they are made with', async () => {
    configure({ isa });
    const optimizer = new SGD(one(), { learningRate: 1 });
    const told: unknown[] = [];
    optimizer.onStep(({ step, learningRates: [rate] }) => told.push([step, rate]));
    const steps = [1, 2, 3].map((rate) => {
      optimizer.learningRate = rate;
      return optimizer.stepAsync(one());
    });
    expect(told).toEqual([]);
    await steps[0];
    expect(told).toEqual([[1, 1]]);
    await Promise.all(steps);
    expect(told).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  test('updates are reported at the multiples of reportEvery, also after a checkpoint', async () => {
    configure({ isa });
    const make = () => new Adam(one(), { accumulationSteps: 2, onNonFinite: 'skip' });
    const told: unknown[] = [];
    const listen = (optimizer: ReturnType<typeof make>) =>
      optimizer.onStep(
        ({ step, updated, report }) => told.push([step, updated, report !== undefined]),
        { reportEvery: 2 },
      );
    const first = make();
    listen(first);
    for (const g of [1, 1, 1]) first.step(one(g));
    const second = make();
    second.loadStateDict(first.stateDict());
    listen(second);
    second.step(one(Number.NaN));
    await second.stepAsync(one());
    second.step(one());
    await second.stepAsync(one());
    expect(told).toEqual([
      [0, false, false],
      [1, true, false],
      [1, false, false],
      [1, false, false], // skipped
      [2, true, true],
      [2, false, false],
      [3, true, false],
    ]);
  });

  test('updates are counted whichever tensors they are of', () => {
    configure({ isa });
    const make = () => new SGD([{ params: { w: one() } }, { params: one() }]);
    const optimizer = make();
    const told: unknown[] = [];
    const listen = (of: typeof optimizer) =>
      of.onStep(({ step, report }) => told.push([step, report !== undefined]), { reportEvery: 2 });
    listen(optimizer);
    optimizer.step([{ w: one() }, null]);
    optimizer.step([{ w: one() }, null]);
    Object.assign(optimizer.groups[0] as object, { frozen: ['w'] });
    optimizer.step([{ w: one() }, one()]);
    optimizer.step([{ w: null }, null]);
    optimizer.stepTensor('1/0', one());
    optimizer.endStep();
    const dict = optimizer.stateDict();
    const [counted, before] = [make(), make()];
    counted.loadStateDict(dict);
    const { updates: _, ...counters } = dict.counters;
    before.loadStateDict({ ...dict, counters: counters as typeof dict.counters });
    for (const other of [counted, before]) {
      listen(other);
      other.step([{ w: null }, one()]);
    }
    expect(told).toEqual([
      [1, false],
      [2, true],
      [3, false],
      [4, true],
      [5, false],
      [6, true],
      [3, false], // the tensor of the most steps had two
    ]);
  });

  test('a listener that another one ends is not told any more', () => {
    configure({ isa });
    const optimizer = new SGD(one());
    const told: string[] = [];
    optimizer.onStep(() => {
      told.push('first');
      end();
    });
    const end = optimizer.onStep(() => told.push('second'));
    optimizer.step(one());
    expect(told).toEqual(['first']);
  });

  test('the result has the report that a listener asks for', async () => {
    configure({ isa });
    const optimizer = new SGD(one());
    const shared = optimizer.step(one());
    const end = optimizer.onStep(() => {}, { reportEvery: 1 });
    const own = optimizer.step(one());
    expect(own).not.toBe(shared);
    expect(own.report).toHaveLength(1);
    expect((await optimizer.stepAsync(one())).report).toHaveLength(1);
    end();
    expect(optimizer.step(one())).toBe(shared);
    expect(shared.report).toBe(undefined);
  });

  test('a call that throws is not told, nor are the steps of the range test', async () => {
    configure({ isa });
    const optimizer = new SGD(one(), { onNonFinite: 'throw' });
    const told: unknown[] = [];
    optimizer.onStep((event) => told.push(event), { reportEvery: 1 });
    expect(() => optimizer.step(one(Number.NaN))).toThrow();
    await expect(optimizer.stepAsync(one(Number.NaN))).rejects.toThrow();
    await lrFinder(optimizer, () => ({ loss: 1, gradients: one() }), { steps: 5 });
    expect(told).toEqual([]);
  });

  test('a listener may step, add listeners, and end its own subscription', async () => {
    configure({ isa });
    const p = one(10);
    const optimizer = new SGD(p, { learningRate: 1 });
    const told: unknown[] = [];
    const end = optimizer.onStep(({ step }) => {
      told.push(`first ${step}`);
      end();
      optimizer.onStep((event) => told.push(`added ${event.step}`));
      optimizer.learningRate = 0.5;
      optimizer.step(one(2));
    });
    optimizer.onStep(({ step }) => told.push(`second ${step}`));
    const result = optimizer.stepWithReport(one(1));
    expect(result.report?.[0]?.updateNorm).toBe(1);
    expect(told).toEqual(['first 1', 'second 2', 'added 2', 'second 1']);
    expect(p[0]).toBe(8);
    expect(optimizer.stateDict().groups[0]?.tensors[0]?.step).toBe(2);
  });

  test('a listener may add a group, and is told of it', () => {
    configure({ isa });
    const optimizer = new SGD([{ params: one() }], { learningRate: 1 });
    const told: unknown[] = [];
    optimizer.onStep(
      ({ step, learningRates, report }) => {
        told.push([step, learningRates, report?.map(({ updateNorm }) => updateNorm)]);
        if (step === 1) optimizer.addGroup({ params: [one(), one()], learningRate: 0.5 });
      },
      { reportEvery: 1 },
    );
    optimizer.step([one(3)]);
    optimizer.step([one(3), [null, one(4)]] as never);
    expect(told).toEqual([
      [1, [1], [3]],
      [2, [1, 0.5], [3, 2]],
    ]);
  });

  test('while the listener of an asynchronous step runs, its promise is pending', async () => {
    configure({ isa });
    const p = one(10);
    const optimizer = new SGD(p, { learningRate: 1 });
    let further: Promise<unknown> | undefined;
    const codes: unknown[] = [];
    const end = optimizer.onStep(() => {
      for (const call of [() => optimizer.step(one()), () => optimizer.stateDict()]) {
        try {
          call();
        } catch (error) {
          codes.push((error as { code: unknown }).code);
        }
      }
      end();
      expect(p[0]).toBe(9);
      further = optimizer.stepAsync(one(2));
    });
    await optimizer.stepAsync(one());
    expect(codes).toEqual(['ERR_OPTIMIZER_BUSY', 'ERR_OPTIMIZER_BUSY']);
    await further;
    expect(p[0]).toBe(7);
  });
});

test('what a listener throws is uncaught, and the step is made all the same', () => {
  const code = `
    const { SGD } = require(${JSON.stringify(join(__dirname, '../..'))});
    const optimizer = new SGD(Float32Array.of(10), { learningRate: 1 });
    const uncaught = [];
    process.on('uncaughtException', (error) => uncaught.push(error.message));
    let count = 0;
    optimizer.onStep(() => { throw new Error('mine ' + ++count); });
    optimizer.onStep(({ step }) => console.log('told', step));
    (async () => {
      console.log(optimizer.step(Float32Array.of(1)).updated, uncaught);
      console.log((await optimizer.stepAsync(Float32Array.of(1))).updated);
      await new Promise(setImmediate);
      console.log(uncaught, optimizer.stateDict().groups[0].tensors[0].step);
    })();`;
  const output = execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' });
  expect(output.trim().split('\n')).toEqual([
    'told 1',
    'true []',
    'told 2',
    'true',
    "[ 'mine 1', 'mine 2' ] 2",
  ]);
});
