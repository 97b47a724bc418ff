import { expect, test } from 'vitest';
import { configure, NAdam, RMSprop } from '../../lib/index.js';
import { engines } from '../engines.js';

const f32 = (...values: number[]) => Float32Array.from(values);

test.each(engines)('on %s, a frozen tensor is left alone whatever it is given', (isa) => {
  configure({ isa });
  const [a, b] = [f32(1, 2), f32(3)];
  const optimizer = new RMSprop({ a, b }, { frozen: ['a'] });
  optimizer.stepTensor('a', f32(5, 5));
  expect(() => optimizer.stepTensor('a', f32(5, 5))).toThrow(
    expect.objectContaining({ code: 'ERR_TENSOR_TWICE' }),
  );
  optimizer.stepTensor('b', f32(5));
  optimizer.endStep();
  expect(a).toEqual(f32(1, 2));
  expect(optimizer.stateDict().groups[0]?.tensors.map(({ step }) => step)).toEqual([0, 1]);

  optimizer.frozen = [];
  optimizer.stepTensor('a', f32(5, 5));
  optimizer.endStep();
  expect(a).not.toEqual(f32(1, 2));
});

test.each(engines)(
  'on %s, what a rule keeps of a tensor goes on with the steps it is in',
  (isa) => {
    configure({ isa });
    const [a, b, c] = [f32(1), f32(2), f32(2)];
    const parts = new NAdam({ a, b });
    const alone = new NAdam({ c });
    for (let t = 0; t < 6; t++) {
      parts.stepTensor('a', f32(1));
      if (t % 2 === 0) {
        parts.stepTensor('b', f32(t - 3));
        alone.step({ c: f32(t - 3) });
      }
      parts.endStep();
    }
    expect(b).toEqual(c);
  },
);

test.each(engines)(
  'on %s, listeners are told at the end, with the report of a whole step',
  (isa) => {
    configure({ isa });
    const params = () => ({ a: f32(1, 2), b: f32(3), c: f32(4) });
    const [parts, whole] = [new RMSprop(params()), new RMSprop(params())];
    const told: object[][] = [[], []];
    for (const [i, optimizer] of [parts, whole].entries()) {
      optimizer.onStep((event) => told[i]?.push(structuredClone(event)), { reportEvery: 1 });
    }
    for (let t = 1; t < 4; t++) {
      parts.stepTensor('b', f32(-t));
      parts.stepTensor('a', f32(t, 0));
      expect(told[0]).toHaveLength(t - 1);
      parts.endStep();
      whole.step({ a: f32(t, 0), b: f32(-t), c: null });
      expect(told[0]).toHaveLength(t);
    }
    expect(told[0]).toEqual(told[1]);
  },
);

test.each(engines)('on %s, averages of rows that were never given are those rows', (isa) => {
  configure({ isa });
  const embedding = new Float32Array(6).fill(0.01);
  const optimizer = new RMSprop({ embedding }, { averageDecay: 0.5, learningRate: 0.1 });
  embedding.set([5, 5, 6, 6, 7, 7]); // as one that was trained before
  const averages: number[][] = [];
  for (const row of [0, 1]) {
    optimizer.stepRows('embedding', Int32Array.of(row), f32(1, 1));
    optimizer.endStep();
    const parameters = embedding.slice();
    optimizer.swapInAverages();
    averages.push([...embedding]);
    optimizer.swapOutAverages();
    expect(embedding).toEqual(parameters);
  }
  const [first = [], second = []] = averages;
  expect(first.slice(2)).toEqual([6, 6, 7, 7]);
  expect(second.slice(0, 2)).toEqual(first.slice(0, 2));
  expect(second[2]).toBe(Math.fround((6 + (embedding[2] as number)) / 2));
  expect(second.slice(4)).toEqual([7, 7]);
});

test('listeners are told the rates with which a step of parts began, in memory of their own', () => {
  const optimizer = new RMSprop(
    { a: f32(1), b: f32(1) },
    { learningRate: 0.5, measureNorms: true },
  );
  const told: unknown[] = [];
  optimizer.onStep((event) => {
    (event.learningRates as number[])[0] = 99;
    event.gradientNorms?.fill(-1);
  });
  optimizer.onStep(({ learningRates, gradientNorms }) => {
    told.push([...learningRates, ...(gradientNorms ?? [])]);
  });
  optimizer.stepTensor('a', f32(3));
  optimizer.learningRate = 5;
  optimizer.stepTensor('b', f32(4));
  const { gradientNorms } = optimizer.endStep();
  expect(told).toEqual([[0.5, 3, 4]]);
  expect(gradientNorms).toEqual(Float64Array.of(3, 4));
});

test('a momentum that grows at once is beta1', () => {
  const [p, q] = [f32(1), f32(1)];
  new NAdam(p, { momentumDecay: 1e30 }).step(f32(1));
  new NAdam(q, { momentumDecay: 1e6 }).step(f32(1));
  expect(Number.isFinite(p[0])).toBe(true);
  expect(p).toEqual(q);
});
