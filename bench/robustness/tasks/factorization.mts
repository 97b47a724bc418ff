import { jit, numpy as np, valueAndGrad } from '@jax-js/jax';
import { Random } from '../../../examples/random.mts';
import { type Arrays, Differentiable } from '../differentiable.mts';
import type { Task } from '../task.mts';

const [USERS, ITEMS, RANK] = [96, 64, 4];
const NOISE = 0.3;
/** So many of ten ratings are known, and of these so many of ten in a batch. */
const [KNOWN, IN_BATCH] = [4, 5];

/** The mean square of what is wrong with the ratings [USERS, ITEMS] where the mask is 1. */
function loss({ users, items }: Arrays, ratings: np.Array, mask: np.Array): np.Array {
  const error = np.dot(users, items).sub(ratings);
  const squares = error.ref.mul(error).mul(mask.ref).sum();
  return squares.div(mask.sum());
}

const [lossAndGradients, evaluate] = [jit(valueAndGrad(loss)), jit(loss)];

/** Ratings of items by users that are a product of two thin matrices, and noise. */
export const factorization: Task = {
  name: 'factorisation',
  about: `ratings as a product of matrices of rank ${RANK}, with noise`,
  steps: 600,
  start(seed) {
    const random = new Random(seed);
    const thin = (rows: number, bound: number) => random.weights(rows * RANK, bound);
    const [u, v] = [thin(USERS, 1.7), thin(ITEMS, 1.7)];
    const ratings = new Float32Array(USERS * ITEMS).map((_, k) => {
      const [i, j] = [Math.floor(k / ITEMS), k % ITEMS];
      let sum = NOISE * (random.uniform() + random.uniform() - 1) * 2.4;
      for (let r = 0; r < RANK; r++) sum += u[i * RANK + r] * v[r * ITEMS + j];
      return sum;
    });
    const isKnown = ratings.map(() => (random.uniform() < KNOWN / 10 ? 1 : 0));
    const unknown = isKnown.map((known) => 1 - known);
    const model = new Differentiable(
      {
        users: { values: thin(USERS, 0.3), shape: [USERS, RANK] },
        items: { values: thin(ITEMS, 0.3), shape: [RANK, ITEMS] },
      },
      lossAndGradients,
      evaluate,
    );
    const shape = [USERS, ITEMS];
    const data = (mask: Float32Array) => [np.array(ratings, { shape }), np.array(mask, { shape })];
    return {
      parameters: model.parameters,
      gradients: () =>
        model.gradients(
          ...data(isKnown.map((known) => (random.uniform() < IN_BATCH / 10 ? known : 0))),
        ),
      testLoss: () => model.loss(...data(unknown)),
    };
  },
};
