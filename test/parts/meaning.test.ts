import { expect, test } from 'vitest';
import { Adam, configure, RMSprop, SGD } from '../../lib/index.js';
import { engines } from '../engines.js';

const f32 = (...values: number[]) => Float32Array.from(values);

test('tensors have names in records, places in lists, and numbers of groups before both', () => {
  const [a, b, c, d] = [f32(0), f32(0), f32(0), f32(0)];
  const optimizer = new SGD([{ params: { w: a, b } }, { params: [c] }, { params: { w: d } }], {
    learningRate: 1,
  });
  optimizer.stepTensor('0/w', f32(1));
  optimizer.stepTensor('b', f32(2));
  optimizer.stepTensor(0, f32(3));
  optimizer.stepTensor('2/w', f32(4));
  optimizer.endStep();
  expect([a, b, c, d]).toEqual([f32(-1), f32(-2), f32(-3), f32(-4)]);

  const list = new SGD([a, b]);
  list.stepTensor('1', f32(1));
  list.stepTensor(0, f32(1));
  list.endStep();
  const one = new SGD(a);
  one.stepTensor(0, f32(1));
  one.endStep();
  expect(one.stateDict().groups[0]?.tensors[0]?.step).toBe(1);
});

test.each(engines)('on %s, a step has the hyperparameters of the moment it began', (isa) => {
  configure({ isa });
  const [a, b] = [f32(0), f32(0)];
  const optimizer = new SGD({ a, b }, { learningRate: 1 });
  optimizer.stepTensor('a', f32(1));
  optimizer.learningRate = 10;
  optimizer.stepTensor('b', f32(1));
  optimizer.endStep();
  expect([a, b]).toEqual([f32(-1), f32(-1)]);
  optimizer.stepTensor('b', f32(1));
  optimizer.endStep();
  expect([a, b]).toEqual([f32(-1), f32(-11)]);
});

test.each(engines)('on %s, the same memory can take one gradient after the other', (isa) => {
  configure({ isa });
  const [a, b] = [f32(0, 0), f32(0, 0)];
  const optimizer = new SGD({ a, b }, { learningRate: 1, zeroGradients: true });
  const scratch = f32(1, 2);
  optimizer.stepTensor('b', scratch);
  expect(scratch).toEqual(f32(0, 0));
  scratch.set([3, 4]);
  optimizer.stepTensor('a', scratch);
  optimizer.endStep();
  expect([a, b]).toEqual([f32(-3, -4), f32(-1, -2)]);
});

test('a tensor without a gradient keeps its count of steps, whatever the others have', () => {
  const [a, b] = [f32(1), f32(1)];
  const optimizer = new Adam({ a, b });
  const twin = f32(1);
  const single = new Adam({ b: twin });
  for (let t = 0; t < 6; t++) {
    optimizer.stepTensor('a', f32(1));
    if (t % 2 === 1) {
      optimizer.stepTensor('b', f32(t));
      single.step({ b: f32(t) });
    }
    optimizer.endStep();
  }
  expect(optimizer.stateDict().groups[0]?.tensors.map(({ step }) => step)).toEqual([6, 3]);
  expect(b).toEqual(twin);
});

test('the engine can change in the middle of a step', () => {
  const run = (isas: readonly string[]) => {
    const params = [f32(1, 2, 3), f32(4, 5)];
    const optimizer = new RMSprop(params, { clipNorm: 1, momentum: 0.5 });
    for (let t = 0; t < 4; t++) {
      configure({ isa: isas[t % isas.length] as 'typescript' });
      optimizer.stepTensor(0, f32(1, -2, 3));
      configure({ isa: isas[(t + 1) % isas.length] as 'typescript' });
      optimizer.stepTensor(1, f32(0.5, t));
      params.push(Float32Array.of(optimizer.endStep().gradientNorm as number));
    }
    return params;
  };
  expect(run(engines)).toEqual(run(['typescript']));
  configure({ isa: engines[0] as 'typescript' });
});
