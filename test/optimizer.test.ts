import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  Adam,
  configure,
  RMSprop,
  runtime,
  SGD,
  type StateDict,
  type TensorState,
} from '../lib/index.js';
import { optimizers } from './variants.js';

const f32 = (...values: number[]) => Float32Array.from(values);

describe('parameters and gradients', () => {
  test('may be one tensor', () => {
    const w = f32(1);
    new SGD(w, { learningRate: 1 }).step(f32(1));
    expect(w).toEqual(f32(0));
  });

  test('may be a list, of both types', () => {
    const params = [f32(1), Float64Array.of(1)];
    new SGD(params, { learningRate: 1 }).step([f32(1), Float64Array.of(2)]);
    expect(params).toEqual([f32(0), Float64Array.of(-1)]);
  });

  test('may be a record', () => {
    const params = { w: f32(1), b: f32(2) };
    new SGD(params, { learningRate: 1 }).step({ b: f32(1), w: f32(3) });
    expect(params).toEqual({ w: f32(-2), b: f32(1) });
  });

  test('may be groups, each with a shape and with options of its own', () => {
    const [a, b, c, d] = [f32(1), f32(1), f32(1), f32(1)];
    const optimizer = new SGD(
      [
        { params: a, learningRate: 0.5 },
        { params: [b, c] },
        { params: { d }, learningRate: 2, maximize: true },
      ],
      { learningRate: 1 },
    );
    optimizer.step([f32(1), [f32(1), null], { d: f32(1) }]);
    expect([a, b, c, d]).toEqual([f32(0.5), f32(0), f32(1), f32(3)]);
    expect(optimizer.groups.map(({ learningRate, params }) => [learningRate, params])).toEqual([
      [0.5, ['0']],
      [1, ['0', '1']],
      [2, ['d']],
    ]);
  });

  test('may be views of one buffer, also of a shared one', () => {
    for (const buffer of [new ArrayBuffer(16), new SharedArrayBuffer(16)]) {
      const params = [new Float32Array(buffer, 4, 1), new Float32Array(buffer, 8, 1)];
      new SGD(params, { learningRate: 1 }).step([f32(1), f32(2)]);
      expect(Array.from(new Float32Array(buffer))).toEqual([0, -1, -2, 0]);
    }
  });

  test('may be empty tensors', () => {
    new RMSprop([f32(), f32(1)], { momentum: 0.9 }).step([f32(), f32(1)]);
  });

  test('come from any realm', () => {
    const w: Float32Array = runInNewContext('Float32Array.of(1)');
    new SGD({ w }, { learningRate: 1 }).step({ w: runInNewContext('Float32Array.of(3)') });
    expect(w[0]).toBe(-2);
  });

  test('share gradients if they like', () => {
    const params = [f32(1), f32(2)];
    const g = f32(1);
    new SGD(params, { learningRate: 1 }).step([g, g]);
    expect(params).toEqual([f32(0), f32(1)]);
  });

  test('may touch, and empty ones may lie anywhere', () => {
    const buffer = new ArrayBuffer(16);
    const [g, w] = [new Float32Array(buffer, 0, 2).fill(1), new Float32Array(buffer, 8, 2)];
    const inside = new Float32Array(buffer, 12, 0);
    new SGD([w, inside], { learningRate: 1 }).step([g, new Float32Array(buffer, 4, 0)]);
    expect(w).toEqual(f32(-1, -1));
  });

  test('are found again in other memory at every step', () => {
    const w = f32(0);
    const optimizer = new SGD(w, { learningRate: 1 });
    for (let t = 1; t <= 5; t++) optimizer.step(f32(t));
    expect(w).toEqual(f32(-15));
  });
});

describe('a null gradient', () => {
  test('leaves the tensor, its state and its number of steps as they are', () => {
    const params = { a: f32(1), b: f32(1) };
    const optimizer = new Adam(params, { amsgrad: true });
    optimizer.step({ a: f32(1), b: f32(2) });
    const before = structuredClone({ b: params.b, state: optimizer.stateDict() });
    optimizer.step({ a: f32(1), b: null });
    const { groups } = optimizer.stateDict();
    expect(params.b).toEqual(before.b);
    expect(groups[0]?.tensors[1]).toEqual(before.state.groups[0]?.tensors[1]);
    expect(groups[0]?.tensors[0]?.step).toBe(2);
  });

  test('makes steps differ from tensor to tensor, in any pattern', () => {
    const count = 20;
    const list = Array.from({ length: count }, () => f32(1));
    const alone = Array.from({ length: count }, () => f32(1));
    const together = new Adam(list);
    const single = alone.map((w) => new Adam(w));
    for (let t = 0; t < 30; t++) {
      const gradients = list.map((_, i) => ((t * 7 + i * 5) % 11 < i % 10 ? null : f32(t - i)));
      together.step(gradients);
      for (const [i, optimizer] of single.entries()) {
        const gradient = gradients[i];
        if (gradient) optimizer.step(gradient);
      }
    }
    expect(list).toEqual(alone);
  });
});

describe('hyperparameters', () => {
  test('hold from the next step on', () => {
    const w = f32(0);
    const optimizer = new SGD(w, { learningRate: 1 });
    optimizer.step(f32(1));
    optimizer.learningRate = 0.5;
    optimizer.step(f32(1));
    expect(w).toEqual(f32(-1.5));
    expect(optimizer.learningRate).toBe(0.5);
  });

  test('are set for all groups at once, or for one', () => {
    const optimizer = new SGD([{ params: f32(0) }, { params: f32(0), learningRate: 3 }]);
    optimizer.learningRate = 2;
    const [first, second] = optimizer.groups;
    if (second) second.learningRate = 5;
    expect([first?.learningRate, second?.learningRate, optimizer.learningRate]).toEqual([2, 5, 2]);
  });

  test('that need new state get it, and keep what there is', () => {
    const [w, fresh] = [f32(0), f32(0)];
    const optimizer = new RMSprop(w, { learningRate: 1, decay: 0.5 });
    optimizer.step(f32(1));
    const { squareAverage } = optimizer.stateDict().groups[0]?.tensors[0]?.state ?? {};
    optimizer.momentum = 0.5;
    const { state } = optimizer.stateDict().groups[0]?.tensors[0] ?? {};
    expect(state).toEqual({ squareAverage, momentumBuffer: f32(0) });
    const another = new RMSprop(fresh, { learningRate: 1, decay: 0.5 });
    another.step(f32(1));
    another.step(f32(1));
    optimizer.step(f32(1));
    expect(w).toEqual(fresh);
    optimizer.step(f32(1));
    another.step(f32(1));
    expect(w).not.toEqual(fresh);
  });
});

describe('state', () => {
  const tensor = (optimizer: { stateDict(): StateDict }) => {
    const [first] = optimizer.stateDict().groups[0]?.tensors ?? [];
    return first as TensorState;
  };

  test('that is new leaves the number of steps as it is', () => {
    const optimizer = new Adam(f32(1));
    optimizer.step(f32(1));
    optimizer.amsgrad = true;
    expect(tensor(optimizer).step).toBe(1);
  });

  test('that is no longer needed is kept, also through a dictionary', () => {
    const optimizer = new RMSprop(f32(1), { momentum: 0.9 });
    optimizer.step(f32(1));
    const { momentumBuffer } = tensor(optimizer).state;
    optimizer.momentum = 0;
    optimizer.centered = true;
    expect(tensor(optimizer).state.momentumBuffer).toEqual(momentumBuffer);
    const another = new RMSprop(f32(1));
    another.loadStateDict(optimizer.stateDict());
    expect(another.stateDict()).toEqual(optimizer.stateDict());
  });

  test('that is loaded is what the next step uses', () => {
    const w = f32(1);
    const optimizer = new RMSprop(w, { momentum: 0.9 });
    optimizer.step(f32(1));
    const [saved, dict] = [w.slice(), optimizer.stateDict()];
    optimizer.step(f32(2));
    const expected = structuredClone([w, optimizer.stateDict()]);
    w.set(saved);
    optimizer.loadStateDict(dict);
    optimizer.step(f32(2));
    expect([w, optimizer.stateDict()]).toEqual(expected);
  });

  test('survives a change of engine between steps', () => {
    const [a, b] = [f32(1), f32(1)];
    const [changing, steady] = [new RMSprop(a), new RMSprop(b)];
    const { isa } = runtime();
    for (const each of runtime().availableIsas) {
      configure({ isa: each });
      changing.step(f32(3));
      configure({ isa });
      steady.step(f32(3));
    }
    expect(a).toEqual(b);
    expect(changing.stateDict()).toEqual(steady.stateDict());
  });
});

test('gradients are not kept alive after the step', async () => {
  const optimizer = new SGD({ w: f32(1) });
  const gradient = (() => {
    const w = f32(1);
    optimizer.step({ w });
    return new WeakRef(w);
  })();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  await new Promise((resolve) => setTimeout(resolve, 10));
  collect();
  expect(gradient.deref()).toBeUndefined();
  optimizer.step({ w: null });
});

describe.each(optimizers)('the state of $name', ({ Class, rule }) => {
  const gradient = (t: number) => [f32(t, -t, 1), Float64Array.of(t % 3)];
  const params = () => [f32(1, 2, 3), Float64Array.of(4)];
  const options = Object.hasOwn(rule.hyperparameters, 'momentum') ? { momentum: 0.9 } : {};

  test('resumes bit for bit, through a structured clone', () => {
    const straight = params();
    const one = new Class(straight, options);
    for (let t = 0; t < 10; t++) one.step(gradient(t));

    const resumed = params();
    const before = new Class(resumed, options);
    for (let t = 0; t < 5; t++) before.step(gradient(t));
    before.learningRate = 0.25;
    const after = new Class(resumed, {});
    after.loadStateDict(structuredClone(before.stateDict()));
    expect(after.learningRate).toBe(0.25);
    after.learningRate = one.learningRate;
    for (let t = 5; t < 10; t++) after.step(gradient(t));
    expect(resumed).toEqual(straight);
    expect(after.stateDict()).toEqual(one.stateDict());
  });

  test('is copied out and copied in', () => {
    const optimizer = new Class(params(), options);
    optimizer.step(gradient(1));
    const dict = optimizer.stateDict();
    const kept = structuredClone(dict);
    optimizer.step(gradient(2));
    expect(dict).toEqual(kept);
    optimizer.loadStateDict(dict);
    optimizer.step(gradient(2));
    expect(dict).toEqual(kept);
  });
});

describe('subclasses', () => {
  test('may have fields of their own', () => {
    class Counting extends SGD<Float32Array> {
      count = 0;
      override step(gradients: Float32Array | null) {
        this.count++;
        return super.step(gradients);
      }
    }
    const optimizer = new Counting(f32(1), { learningRate: 1 });
    optimizer.step(f32(1));
    expect(optimizer.count).toBe(1);
  });
});

test('the version is that of package.json', () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8'));
  expect(runtime().version).toBe(version);
});
