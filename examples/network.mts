import { jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { argmax } from './argmax.mts';
import type { Samples } from './datasets.mts';
import { makeArithmeticPortable } from './portable.mts';
import type { Random } from './random.mts';

/** The parameters of the network, where the optimizer changes them. */
export type Parameters = {
  weights1: Float32Array;
  bias1: Float32Array;
  weights2: Float32Array;
  bias2: Float32Array;
};

type Arrays = Record<keyof Parameters, np.Array>;

makeArithmeticPortable();

const lossAndGradients = jit(
  valueAndGrad((p: Arrays, images: np.Array, classes: np.Array) => {
    const count = images.shape[0];
    return crossEntropy(scores(p, images), classes).mul(1 / count);
  }),
);

const lossAndScores = jit((p: Arrays, images: np.Array, classes: np.Array) => {
  const s = scores(p, images);
  return [crossEntropy(s.ref, classes), s];
});

/** Images in, one hidden layer of rectified linear units, a score for each class out. */
function scores(p: Arrays, images: np.Array): np.Array {
  const hidden = nn.relu(np.dot(images, p.weights1).add(p.bias1));
  return np.dot(hidden, p.weights2).add(p.bias2);
}

/** Summed over the images; `classes` is 1 at the right class of each image and 0 elsewhere. */
function crossEntropy(s: np.Array, classes: np.Array): np.Array {
  return nn.logSoftmax(s).mul(classes).sum().mul(-1);
}

/**
 * A classifier with one hidden layer. jax-js computes; the parameters live in Float32Arrays, from
 * which they are copied for each computation (jax-js cannot look at memory that is not its own).
 */
export class Network {
  readonly parameters: Parameters;

  constructor(
    readonly inputs: number,
    readonly hidden: number,
    readonly classes: number,
    random: Random,
  ) {
    // He's initialisation for rectified units, from uniform numbers and an exact square root, so
    // that no logarithm or cosine of the machine gets into it.
    const he = (length: number, fanIn: number) => random.weights(length, Math.sqrt(6 / fanIn));
    this.parameters = {
      weights1: he(inputs * hidden, inputs),
      bias1: new Float32Array(hidden),
      weights2: he(hidden * classes, hidden),
      bias2: new Float32Array(classes),
    };
  }

  /** How the mean loss over some samples changes with each parameter. */
  gradients(samples: Samples): Parameters {
    return this.lossAndGradients(samples).gradients;
  }

  /** The mean loss over some samples, and how it changes with each parameter. */
  lossAndGradients(samples: Samples): { loss: number; gradients: Parameters } {
    const [loss, gradients] = lossAndGradients(
      this.#arrays(),
      this.#images(samples, 0, samples.count),
      this.#classes(samples, 0, samples.count),
    );
    return {
      loss: read(loss)[0],
      gradients: {
        weights1: read(gradients.weights1),
        bias1: read(gradients.bias1),
        weights2: read(gradients.weights2),
        bias2: read(gradients.bias2),
      },
    };
  }

  /** Mean loss, and the share of the samples that get their highest score for the right class. */
  evaluate(samples: Samples): { loss: number; accuracy: number } {
    let loss = 0;
    let right = 0;
    const portion = 2000; // keeps the memory for the hidden layer small
    for (let start = 0; start < samples.count; start += portion) {
      const end = Math.min(start + portion, samples.count);
      const [sum, scoresOfAll] = lossAndScores(
        this.#arrays(),
        this.#images(samples, start, end),
        this.#classes(samples, start, end),
      ) as [np.Array, np.Array];
      loss += read(sum)[0];
      const values = read(scoresOfAll);
      for (let i = 0; i < end - start; i++) {
        const own = values.subarray(i * this.classes, (i + 1) * this.classes);
        if (argmax(own) === samples.labels[start + i]) right++;
      }
    }
    return { loss: loss / samples.count, accuracy: right / samples.count };
  }

  #arrays(): Arrays {
    const { inputs, hidden, classes, parameters: p } = this;
    return {
      weights1: np.array(p.weights1, { shape: [inputs, hidden] }),
      bias1: np.array(p.bias1),
      weights2: np.array(p.weights2, { shape: [hidden, classes] }),
      bias2: np.array(p.bias2),
    };
  }

  #images(samples: Samples, start: number, end: number): np.Array {
    const pixels = samples.images.subarray(start * this.inputs, end * this.inputs);
    return np.array(pixels, { shape: [end - start, this.inputs] });
  }

  #classes(samples: Samples, start: number, end: number): np.Array {
    const oneHot = new Float32Array((end - start) * this.classes);
    for (let i = start; i < end; i++) oneHot[(i - start) * this.classes + samples.labels[i]] = 1;
    return np.array(oneHot, { shape: [end - start, this.classes] });
  }
}

/** Copies the values out and gives the array back to jax-js. */
function read(array: np.Array): Float32Array {
  return array.dataSync() as Float32Array;
}
