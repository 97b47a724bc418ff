/**
 * Sentiment: is a review in favour of the film? Every word and every pair of neighbours has a row in an embedding; the sum of
 * a review's rows goes through a logistic unit. A batch touches few of the rows: RMSprop moves these alone, by stepRows.
 * `npm run sentiment -- --help` lists the options.
 */
import { RMSprop, Scheduler, schedules } from 'rmsprop';
import { run } from './application.mts';
import { hash } from './hashing.mts';
import { Random } from './random.mts';
import { fewReviews, findReviews, type Review, readReviews } from './reviews/read.mts';

const BITS = 18;
const WIDTH = 8;
const BATCH = 32;

interface Sample {
  /** Those of the embedding, each once. */
  rows: Int32Array;
  favourable: 0 | 1;
}

class Model {
  readonly parameters;
  readonly #sum = new Float32Array(WIDTH);

  constructor(random: Random) {
    this.parameters = {
      embedding: random.weights(WIDTH << BITS, 0.05),
      weights: random.weights(WIDTH, 1),
      bias: new Float32Array(1),
    };
  }

  /** The probability that a review is favourable. */
  predict({ rows }: Sample): number {
    const { embedding, weights, bias } = this.parameters;
    this.#sum.fill(0);
    for (const row of rows) {
      for (let k = 0; k < WIDTH; k++) this.#sum[k] += embedding[WIDTH * row + k];
    }
    let logit = bias[0];
    for (let k = 0; k < WIDTH; k++) {
      this.#sum[k] *= scaleOf(rows);
      logit += this.#sum[k] * weights[k];
    }
    return 1 / (1 + Math.exp(-logit));
  }

  /** Of the mean cross-entropy: those of the embedding for the rows of all reviews, one after the other. */
  gradients(batch: Sample[]) {
    const { weights: current } = this.parameters;
    const count = batch.reduce((sum, { rows }) => sum + rows.length, 0);
    const rows = new Int32Array(count);
    const embedding = new Float32Array(WIDTH * count);
    const weights = new Float32Array(WIDTH);
    const bias = new Float32Array(1);
    let [loss, filled] = [0, 0];
    for (const sample of batch) {
      const probability = this.predict(sample);
      loss -= Math.log(sample.favourable ? probability : 1 - probability) / BATCH;
      const error = (probability - sample.favourable) / BATCH;
      bias[0] += error;
      for (let k = 0; k < WIDTH; k++) weights[k] += error * this.#sum[k];

      rows.set(sample.rows, filled);
      const ofRow = current.map((weight) => error * weight * scaleOf(sample.rows));
      for (const _ of sample.rows) embedding.set(ofRow, WIDTH * filled++);
    }
    return { loss, rows, embedding, weights, bias };
  }
}

await run({
  name: 'sentiment',
  about: 'IMDB reviews by an embedding of words and pairs, and RMSprop',
  unit: 'epoch',
  rounds: 3,
  quickRounds: 5,
  goals: { 'test accuracy': 0.87 },
  quickGoals: { 'test accuracy': 0.7 },

  async *train({ seed, rounds, quick, folder }) {
    const random = new Random(seed);
    const reviews = readReviews(quick ? fewReviews : findReviews(folder));
    const samples = Array.from(random.permutation(reviews.length), (i) => prepare(reviews[i]));
    const half = Math.ceil(samples.length / 2);
    const [known, test] = [samples.slice(0, half), samples.slice(half)];

    const model = new Model(random);
    const optimizer = new RMSprop(model.parameters, { learningRate: 0.003 });
    const steps = rounds * Math.floor(known.length / BATCH);
    const scheduler = new Scheduler(optimizer, schedules.cosine({ steps }));
    for (let epoch = 0; epoch < rounds; epoch++) {
      let loss = 0;
      const order = random.permutation(known.length);
      for (let first = 0; first + BATCH <= order.length; first += BATCH) {
        const batch = Array.from(order.subarray(first, first + BATCH), (i) => known[i]);
        const gradients = model.gradients(batch);
        optimizer.stepRows('embedding', gradients.rows, gradients.embedding);
        optimizer.stepTensor('weights', gradients.weights);
        optimizer.stepTensor('bias', gradients.bias);
        optimizer.endStep();
        scheduler.step();
        loss += gradients.loss / Math.floor(order.length / BATCH);
      }
      yield { loss, measures: { 'test accuracy': accuracy(model, test) } };
    }
  },
});

/** Words, and what a reviewer shouts and asks; each with the one before it, since "not good" is neither "not" nor "good". */
function prepare({ t, s }: Review): Sample {
  const words = t.toLowerCase().match(/(?!br \/)[a-z']+|[!?]/g) ?? [];
  const pairs = words.slice(1).map((word, i) => `${words[i]} ${word}`);
  const rows = new Set([...words, ...pairs].map((text) => hash(text, BITS)));
  return { rows: Int32Array.from(rows), favourable: s };
}

/** Keeps the sum of many rows about as large as that of few. */
function scaleOf(rows: Int32Array): number {
  return 1 / Math.sqrt(Math.max(1, rows.length));
}

function accuracy(model: Model, samples: Sample[]): number {
  const right = samples.filter(
    (sample) => model.predict(sample) > 0.5 === (sample.favourable === 1),
  );
  return right.length / samples.length;
}
