import { jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { datasets, type Samples } from '../../../examples/datasets.mts';
import { Random } from '../../../examples/random.mts';
import { dispose, prepareInputs, step } from '../../../examples/recurrent.mts';
import { type Arrays, Differentiable, zeros } from '../differentiable.mts';
import { endlessBatches } from '../endless-batches.mts';
import type { Task } from '../task.mts';

const BATCH = 64;
const HIDDEN = 24;
const [ROWS, COLUMNS, DIGITS] = [8, 8, 10];

/** The loss of scores after the last row of images [count, ROWS * COLUMNS]. */
function loss({ out, outBias, ...unit }: Arrays, images: np.Array, digits: np.Array): np.Array {
  const count = images.shape[0];
  const gru = unit as Record<'input' | 'bias' | 'gates' | 'candidate', np.Array>;
  const rows = images.reshape([count * ROWS, COLUMNS]);
  const inputs = prepareInputs(gru, rows).reshape([count, ROWS, 3 * HIDDEN]);
  let state = np.zeros([count, HIDDEN]);
  for (let t = 0; t < ROWS; t++) {
    const now = inputs.ref.slice([], [t, t + 1]).reshape([count, 3 * HIDDEN]);
    state = step(gru, now, state);
  }
  inputs.dispose();
  dispose(gru);
  const scores = np.dot(state, out).add(outBias);
  return nn
    .logSoftmax(scores)
    .mul(digits)
    .sum()
    .mul(-1 / count);
}

const [lossAndGradients, evaluate] = [jit(valueAndGrad(loss)), jit(loss)];

/** Digits, seen row by row. */
export const recurrent: Task = {
  name: 'recurrent',
  about: 'handwritten digits row by row, a gated recurrent unit',
  steps: 400,
  start(seed) {
    const random = new Random(seed);
    const { train, test } = datasets.digits.load(random);
    const weights = (inputs: number, outputs: number) => ({
      values: random.weights(inputs * outputs, 1 / Math.sqrt(inputs)),
      shape: [inputs, outputs],
    });
    const model = new Differentiable(
      {
        input: weights(COLUMNS, 3 * HIDDEN),
        bias: zeros(3 * HIDDEN),
        gates: weights(HIDDEN, 2 * HIDDEN),
        candidate: weights(HIDDEN, HIDDEN),
        out: weights(HIDDEN, DIGITS),
        outBias: zeros(DIGITS),
      },
      lossAndGradients,
      evaluate,
    );
    const epochs = endlessBatches(train, BATCH, random);
    return {
      parameters: model.parameters,
      gradients: () => model.gradients(...arraysOf(epochs.next().value)),
      testLoss: () => model.loss(...arraysOf(test)),
    };
  },
};

function arraysOf({ count, images, labels }: Samples): np.Array[] {
  const oneHot = new Float32Array(count * DIGITS);
  for (let i = 0; i < count; i++) oneHot[i * DIGITS + labels[i]] = 1;
  return [
    np.array(images, { shape: [count, ROWS * COLUMNS] }),
    np.array(oneHot, { shape: [count, DIGITS] }),
  ];
}
