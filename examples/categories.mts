import { hash } from './hashing.mts';
import type { Random } from './random.mts';

const BITS = 16;
const WIDTH = 8;
const HIDDEN = 16;

/** Such as { carrier: 'UA', origin: 'EWR' }. */
export type Categories = Record<string, string>;

export interface Example {
  features: Categories;
  /** Whether it came to pass. */
  label: boolean;
}

/** Gives a probability to categories: each has a row in a table, and the sum of the rows goes through a small network. */
export class CategoryModel {
  readonly parameters;
  readonly #sum = new Float32Array(WIDTH);
  readonly #activations = new Float32Array(HIDDEN);

  constructor(random: Random) {
    this.parameters = {
      table: random.weights(WIDTH << BITS, 0.05),
      hidden: random.weights(HIDDEN * WIDTH, 1 / Math.sqrt(WIDTH)),
      hiddenBias: new Float32Array(HIDDEN),
      out: random.weights(HIDDEN, 1 / Math.sqrt(HIDDEN)),
      outBias: new Float32Array(1),
    };
  }

  predict(features: Categories): number {
    return this.#forward(rowsOf(features));
  }

  #forward(rows: number[]): number {
    const { table, hidden, hiddenBias, out, outBias } = this.parameters;
    this.#sum.fill(0);
    for (const row of rows) {
      for (let k = 0; k < WIDTH; k++) this.#sum[k] += table[WIDTH * row + k];
    }
    let logit = outBias[0];
    for (let j = 0; j < HIDDEN; j++) {
      let sum = hiddenBias[j];
      for (let k = 0; k < WIDTH; k++) sum += hidden[WIDTH * j + k] * this.#sum[k];
      this.#activations[j] = Math.tanh(sum);
      logit += out[j] * this.#activations[j];
    }
    return 1 / (1 + Math.exp(-logit));
  }

  /** Of the mean cross-entropy over a batch: those of the table row by row, those of the network whole. */
  gradients(batch: Example[]) {
    const { hidden, out } = this.parameters;
    const rowsOfAll = batch.map(({ features }) => rowsOf(features));
    const rows = Int32Array.from(rowsOfAll.flat());
    const table = new Float32Array(WIDTH * rows.length);
    const network = {
      hidden: new Float32Array(HIDDEN * WIDTH),
      hiddenBias: new Float32Array(HIDDEN),
      out: new Float32Array(HIDDEN),
      outBias: new Float32Array(1),
    };
    const ofSum = new Float32Array(WIDTH);
    let filled = 0;
    for (const [i, { label }] of batch.entries()) {
      const error = (this.#forward(rowsOfAll[i]) - Number(label)) / batch.length;
      network.outBias[0] += error;
      ofSum.fill(0);
      for (let j = 0; j < HIDDEN; j++) {
        const activation = this.#activations[j];
        network.out[j] += error * activation;
        const inside = error * out[j] * (1 - activation ** 2);
        network.hiddenBias[j] += inside;
        for (let k = 0; k < WIDTH; k++) {
          network.hidden[WIDTH * j + k] += inside * this.#sum[k];
          ofSum[k] += inside * hidden[WIDTH * j + k];
        }
      }
      for (const _ of rowsOfAll[i]) table.set(ofSum, WIDTH * filled++);
    }
    return { rows, table, network };
  }
}

/** Nobody has to know all categories beforehand: a new one has a row, too. */
function rowsOf(features: Categories): number[] {
  return Object.entries(features).map(([name, value]) => hash(`${name}=${value}`, BITS));
}
