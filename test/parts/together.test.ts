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
