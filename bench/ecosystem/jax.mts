import { readFileSync } from 'node:fs';
import { blockUntilReady, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { Adam, RMSprop } from 'rmsprop';
import { wrap } from 'rmsprop/jax';
import { local } from '../measure.mts';
import { type Library, type Network, networks, type Rule } from './library.mts';

const about = new URL('../../node_modules/@jax-js/jax/package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(about, 'utf8'));
const RATE = 0.001;

/** Arrays by name; a function of jax-js uses up what it is given, but for what it takes by `ref`. */
type Arrays = Record<string, np.Array>;

/** Weights [inputs, outputs], small and not all alike. */
function weights(inputs: number, outputs: number): np.Array {
  const values = Float32Array.from({ length: inputs * outputs }, (_, i) => Math.sin(i) / inputs);
  return np.array(values, { shape: [inputs, outputs] });
}

const create: Record<Network, () => Arrays> = {
  mlp: () => ({
    hidden: weights(784, 256),
    hiddenBias: np.zeros([256]),
    out: weights(256, 10),
    outBias: np.zeros([10]),
  }),
  lstm: () => ({
    input: weights(28, 256),
    recurrent: weights(64, 256),
    bias: np.zeros([256]),
    out: weights(64, 10),
    outBias: np.zeros([10]),
  }),
};

const scores: Record<Network, (p: Arrays, images: np.Array) => np.Array> = {
  mlp: ({ hidden, hiddenBias, out, outBias }, images) =>
    np.dot(nn.relu(np.dot(images, hidden).add(hiddenBias)), out).add(outBias),
  lstm({ input, recurrent, bias, out, outBias }, images) {
    const [steps, batch] = images.shape;
    const inputs = np.dot(images, input).add(bias); // [steps, batch, 256]
    let [state, cell] = [np.zeros([batch, 64]), np.zeros([batch, 64])];
    for (let t = 0; t < steps; t++) {
      const gates = inputs.ref.slice(t).add(np.dot(state, recurrent.ref));
      const gate = (k: number) => gates.ref.slice([], [k * 64, (k + 1) * 64]);
      const kept = nn.sigmoid(gate(1)).mul(cell);
      cell = kept.add(nn.sigmoid(gate(0)).mul(np.tanh(gate(2))));
      state = nn.sigmoid(gate(3)).mul(np.tanh(cell.ref));
      gates.dispose();
    }
    for (const array of [inputs, recurrent, cell]) array.dispose();
    return np.dot(state, out).add(outBias);
  },
};

/** The formulas as users of jax-js write them: parameters and states after a step. */
const formulas: Record<Rule, (p: Arrays, states: Arrays[], g: Arrays, t: np.Array) => Arrays[]> = {
  rmsprop(p, [v], g, t) {
    t.dispose();
    const squares = each(v, (name, v) => v.mul(0.9).add(np.square(g[name].ref).mul(0.1)));
    const next = each(p, (name, p) =>
      p.sub(g[name].mul(RATE).div(np.sqrt(squares[name].ref).add(1e-8))),
    );
    return [next, squares];
  },
  adam(p, [m, v], g, t) {
    const averages = each(m, (name, m) => m.mul(0.9).add(g[name].ref.mul(0.1)));
    const squares = each(v, (name, v) => v.mul(0.999).add(np.square(g[name]).mul(0.001)));
    const [first, second] = [0.9, 0.999].map((beta) => np.exp(t.ref.mul(Math.log(beta))));
    t.dispose();
    const correctFirst = np.array(1).sub(first);
    const correctSecond = np.array(1).sub(second);
    const next = each(p, (name, p) => {
      const root = np.sqrt(squares[name].ref.div(correctSecond.ref)).add(1e-8);
      return p.sub(averages[name].ref.div(correctFirst.ref).mul(RATE).div(root));
    });
    for (const array of [correctFirst, correctSecond]) array.dispose();
    return [next, averages, squares];
  },
};

function each(arrays: Arrays, use: (name: string, array: np.Array) => np.Array): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, use(name, array)]),
  );
}

const zeros = (arrays: Arrays) => each(arrays, (_, { shape }) => np.zeros(shape));

/**
 * jax-js, whose optimizers are a package of their own: here their formulas, compiled by `jit`, are what ours is compared
 * with.
 */
export const jax: Library = {
  key: 'jax-js',
  name: `jax-js ${version}`,
  async prepare(network, rule, whose) {
    const { batch } = networks[network];
    const images =
      network === 'mlp' ? weights(batch, 784) : weights(28 * batch, 28).reshape([28, batch, 28]);
    const classes = np.array(
      Float32Array.from({ length: batch * 10 }, (_, i) =>
        Number(i % 10 === Math.floor(i / 10) % 10),
      ),
      { shape: [batch, 10] },
    );
    const lossAndGradients = jit(
      valueAndGrad((p: Arrays, images: np.Array, classes: np.Array) =>
        nn
          .logSoftmax(scores[network](p, images))
          .mul(classes)
          .sum()
          .mul(-1 / batch),
      ),
    );
    const gradientsOf = (p: Arrays) => {
      const [loss, gradients] = lossAndGradients(tree.ref(p), images.ref, classes.ref);
      loss.dispose();
      return gradients as Arrays;
    };
    const initial = create[network]();
    const parameters = Object.values(initial).reduce((sum, { size }) => sum + size, 0);
    const training = whose === 'own' ? ownTraining(initial, rule) : ourTraining(initial, rule);
    const gradients = gradientsOf(training.params());
    await blockUntilReady(gradients);
    return {
      parameters,
      step: local(() => training.step(tree.ref(gradients))),
      whole: local(() => training.step(gradientsOf(training.params()))),
      release() {
        tree.dispose([gradients, images, classes]);
        training.release();
      },
    };
  },
};

function ownTraining(initial: Arrays, rule: Rule) {
  const compiled = jit(formulas[rule]);
  let t = 0;
  let p = initial;
  let states = rule === 'adam' ? [zeros(p), zeros(p)] : [zeros(p)];
  return {
    params: () => p,
    step(gradients: Arrays) {
      [p, ...states] = compiled(p, states, gradients, np.array(++t)) as Arrays[];
      return blockUntilReady([p, states]); // what nobody waits for is not computed
    },
    release: () => tree.dispose([p, states]),
  };
}

function ourTraining(initial: Arrays, rule: Rule) {
  const Class = { rmsprop: RMSprop, adam: Adam }[rule];
  const training = wrap(initial, Class as typeof RMSprop, { learningRate: RATE });
  tree.dispose(initial);
  let p = training.params() as Arrays;
  return {
    params: () => p,
    step(gradients: Arrays) {
      tree.dispose(p);
      p = training.step(gradients) as Arrays;
    },
    release: () => tree.dispose(p),
  };
}
