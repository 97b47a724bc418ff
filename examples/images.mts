/**
 * Image classification: a small convolutional network learns what is on the pictures of Fashion-MNIST. jax-js computes the
 * gradients, RMSprop the steps. `npm run images -- --help` lists the options.
 */
import { jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { RMSprop, Scheduler, schedules } from 'rmsprop';
import { wrap } from 'rmsprop/jax';
import { run } from './application.mts';
import { argmax } from './argmax.mts';
import { CLASSES, type Classifier, createClassifier, SIDE, scores } from './classifier.mts';
import { type Dataset, datasets, fashionSubset, type Samples } from './datasets.mts';
import { Random } from './random.mts';
import { batches } from './training.mts';

const BATCH = 64;

const lossAndGradients = jit(
  valueAndGrad((network: Classifier, images: np.Array, classes: np.Array) =>
    nn
      .logSoftmax(scores(network, images))
      .mul(classes)
      .sum()
      .mul(-1 / BATCH),
  ),
);
const evaluate = jit(scores);

await run({
  name: 'images',
  about: 'Fashion-MNIST by a convolutional network and RMSprop',
  unit: 'epoch',
  rounds: 5,
  quickRounds: 8,
  goals: { 'test accuracy': 0.88 },
  quickGoals: { 'test accuracy': 0.7 },

  async *train({ seed, rounds, quick, folder }) {
    const random = new Random(seed);
    const data: Dataset = datasets.fashion.load(random, quick ? fashionSubset : folder);
    const training = wrap(createClassifier(random), RMSprop, { learningRate: 0.001 });
    const steps = rounds * Math.floor(data.train.count / BATCH);
    const scheduler = new Scheduler(training.optimizer, schedules.cosine({ steps }));

    let network = training.params();
    for (let epoch = 0; epoch < rounds; epoch++) {
      let [sum, count] = [0, 0];
      for (const batch of batches(data.train, BATCH, random)) {
        const [loss, gradients] = lossAndGradients(network, images(batch), classes(batch));
        network = training.step(gradients as Classifier);
        scheduler.step();
        sum += loss.item();
        count++;
      }
      yield {
        loss: sum / count,
        measures: { 'test accuracy': accuracy(training.params, data.test) },
      };
    }
  },
});

function accuracy(params: () => Classifier, { count, images: pixels, labels }: Samples): number {
  let right = 0;
  for (let first = 0; first < count; first += 500) {
    const end = Math.min(first + 500, count);
    const part = {
      count: end - first,
      images: pixels.subarray(first * SIDE * SIDE, end * SIDE * SIDE),
      labels,
    };
    const all = evaluate(params(), images(part)).dataSync() as Float32Array;
    for (let i = 0; i < part.count; i++) {
      if (argmax(all.subarray(i * CLASSES, (i + 1) * CLASSES)) === labels[first + i]) right++;
    }
  }
  return right / count;
}

function images({ count, images }: Samples): np.Array {
  return np.array(images, { shape: [count, SIDE, SIDE, 1] });
}

function classes({ count, labels }: Samples): np.Array {
  return nn.oneHot(np.array(Int32Array.from(labels)), CLASSES).reshape([count, CLASSES]);
}
