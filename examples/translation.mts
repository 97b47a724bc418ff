/**
 * Translation: a recurrent encoder and decoder with attention translates dates as people write them, in five languages, to
 * ISO 8601. jax-js computes the gradients, RMSprop the steps. `npm run translation -- --help` lists the options.
 */
import { jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { RMSprop, Scheduler, schedules } from 'rmsprop';
import { wrap } from 'rmsprop/jax';
import { run } from './application.mts';
import { decode, encode } from './attention.mts';
import { Random } from './random.mts';
import { createUnit } from './recurrent.mts';
import { uniform } from './weights.mts';

const HIDDEN = 64;
const BATCH = 64;
const LETTERS = ' abcdefghijklmnopqrstuvwxyz0123456789,.';
/** The longest phrase, in letters. */
const LONGEST = 34;
const SIGNS = '0123456789-';
/** Of a date in ISO 8601. */
const LENGTH = 10;
const DAYS = 36_500;

const phrasings = ['en-US', 'en-GB', 'de', 'fr', 'es'].flatMap((language) =>
  (['full', 'long', 'medium'] as const).map(
    (dateStyle) => new Intl.DateTimeFormat(language, { dateStyle, timeZone: 'UTC' }),
  ),
);

interface Pair {
  phrase: string;
  iso: string;
}

/** A day of the hundred years from 1950 on; one in ten is held out in all languages. */
function randomPair(random: Random, heldOut: boolean): Pair {
  for (;;) {
    const day = Math.floor(random.uniform() * DAYS);
    if ((day % 10 === 0) !== heldOut) continue;
    const date = new Date(Date.UTC(1950, 0, 1 + day));
    const phrasing = phrasings[Math.floor(random.uniform() * phrasings.length)];
    const phrase = phrasing.format(date).normalize('NFD').toLowerCase();
    return {
      phrase: phrase.replace(/[^a-z0-9,. ]/g, ''),
      iso: date.toISOString().slice(0, LENGTH),
    };
  }
}

const createNetwork = (random: Random) => ({
  encoder: createUnit(random, LETTERS.length, HIDDEN),
  decoder: createUnit(random, SIGNS.length + HIDDEN, HIDDEN),
  out: uniform(random, 2 * HIDDEN, SIGNS.length),
  outBias: np.zeros([SIGNS.length]),
});
type Network = ReturnType<typeof createNetwork>;

/** Scores of every sign of the translation; each sign is told to the next step: the right one, or else the likeliest. */
function translate(
  network: Network,
  letters: np.Array,
  isLetter: np.Array,
  right?: np.Array,
): np.Array {
  const { encoder, decoder, out, outBias } = network;
  const states = encode(encoder, letters, isLetter.ref);
  const all: np.Array[] = [];
  decode(decoder, states, isLetter, LENGTH, np.zeros([BATCH, SIGNS.length]), (t, seen) => {
    const scores = np.dot(seen, out.ref).add(outBias.ref);
    all.push(scores.ref);
    if (!right) return nn.oneHot(np.argmax(scores, 1), SIGNS.length);
    scores.dispose();
    return right.ref.slice(t);
  });
  for (const array of [out, outBias]) array.dispose();
  right?.dispose();
  return np.stack(all);
}

const lossAndGradients = jit(
  valueAndGrad((network: Network, letters: np.Array, isLetter: np.Array, right: np.Array) => {
    const scores = translate(network, letters, isLetter, right.ref);
    return nn
      .logSoftmax(scores)
      .mul(right)
      .sum()
      .mul(-1 / (BATCH * LENGTH));
  }),
);
const translateAlone = jit((network: Network, letters: np.Array, isLetter: np.Array) =>
  translate(network, letters, isLetter),
);

await run({
  name: 'translation',
  about: 'Dates to ISO 8601 by an encoder and a decoder with attention, and RMSprop',
  unit: 'hundred steps',
  rounds: 20,
  quickRounds: 1,
  goals: { exact: 0.95, signs: 0.95 },
  quickGoals: { signs: 0.4 },

  async *train({ seed, rounds }) {
    const random = new Random(seed);
    const training = wrap(createNetwork(random), RMSprop, {
      learningRate: 0.003,
      clipGlobalNorm: 1,
    });
    const scheduler = new Scheduler(training.optimizer, schedules.cosine({ steps: 100 * rounds }));
    const test = Array.from({ length: 5 * BATCH }, () => randomPair(random, true));
    let network = training.params();
    for (let round = 0; round < rounds; round++) {
      let sum = 0;
      for (let k = 0; k < 100; k++) {
        const pairs = Array.from({ length: BATCH }, () => randomPair(random, false));
        const { letters, isLetter } = phrasesOf(pairs);
        const [loss, gradients] = lossAndGradients(network, letters, isLetter, signsOf(pairs));
        network = training.step(gradients as Network);
        scheduler.step();
        sum += loss.item();
      }
      yield { loss: sum / 100, measures: judge(training.params, test) };
    }
  },
});

function phrasesOf(pairs: Pair[]): { letters: np.Array; isLetter: np.Array } {
  const letters = new Float32Array(LONGEST * BATCH * LETTERS.length);
  const isLetter = new Float32Array(LONGEST * BATCH);
  for (const [i, { phrase }] of pairs.entries()) {
    for (let t = 0; t < Math.min(phrase.length, LONGEST); t++) {
      letters[(t * BATCH + i) * LETTERS.length + LETTERS.indexOf(phrase[t])] = 1;
      isLetter[t * BATCH + i] = 1;
    }
  }
  return {
    letters: np.array(letters, { shape: [LONGEST * BATCH, LETTERS.length] }),
    isLetter: np.array(isLetter, { shape: [LONGEST, BATCH, 1] }),
  };
}

function signsOf(pairs: Pair[]): np.Array {
  const signs = new Float32Array(LENGTH * BATCH * SIGNS.length);
  for (const [i, { iso }] of pairs.entries()) {
    for (let t = 0; t < LENGTH; t++) {
      signs[(t * BATCH + i) * SIGNS.length + SIGNS.indexOf(iso[t])] = 1;
    }
  }
  return np.array(signs, { shape: [LENGTH, BATCH, SIGNS.length] });
}

/** Which share of the dates comes out right in every sign, and which share of the signs does. */
function judge(params: () => Network, pairs: Pair[]): { exact: number; signs: number } {
  let [exact, right] = [0, 0];
  for (let first = 0; first < pairs.length; first += BATCH) {
    const some = pairs.slice(first, first + BATCH);
    const { letters, isLetter } = phrasesOf(some);
    const signs = np.argmax(translateAlone(params(), letters, isLetter), 2).dataSync();
    for (const [i, { iso }] of some.entries()) {
      const hits = [...iso].filter((sign, t) => SIGNS[signs[t * BATCH + i]] === sign).length;
      right += hits;
      if (hits === LENGTH) exact++;
    }
  }
  return { exact: exact / pairs.length, signs: right / (pairs.length * LENGTH) };
}
