import {
  type Dataset,
  type DatasetName,
  datasets,
  fashionSubset,
} from '../../../examples/datasets.mts';
import { Network } from '../../../examples/network.mts';
import { Random } from '../../../examples/random.mts';
import { endlessBatches } from '../endless-batches.mts';
import type { Task } from '../task.mts';

const BATCH = 64;
const HIDDEN = 32;

/** A network with one hidden layer. */
function images(
  name: string,
  about: string,
  steps: number,
  load: (random: Random) => Dataset,
): Task {
  return {
    name,
    about,
    steps,
    start(seed) {
      const random = new Random(seed);
      const dataset = load(random);
      const network = new Network(dataset.pixels, HIDDEN, dataset.classes, random);
      const epochs = endlessBatches(dataset.train, BATCH, random);
      return {
        parameters: network.parameters,
        gradients: () => network.gradients(epochs.next().value),
        testLoss: () => network.evaluate(dataset.test).loss,
      };
    },
  };
}

const cached = new Map<DatasetName, Dataset>();

export const digits = images('digits', 'handwritten digits, one hidden layer', 400, (random) =>
  datasets.digits.load(random),
);

export const fashion = images('fashion', 'Fashion-MNIST, one hidden layer', 400, (random) => {
  const dataset = cached.get('fashion') ?? datasets.fashion.load(random, fashionSubset);
  cached.set('fashion', dataset);
  return dataset;
});
