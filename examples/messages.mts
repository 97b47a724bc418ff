/**
 * Translation: a recurrent encoder and decoder with attention translates the messages of the TypeScript compiler from English
 * to German. jax-js computes the gradients, RMSprop the steps. `npm run messages -- --help` lists the options.
 */
import { jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { RMSprop, Scheduler, schedules } from 'rmsprop';
import { wrap } from 'rmsprop/jax';
import { run } from './application.mts';
import { decode, encode } from './attention.mts';
import { bleu } from './bleu.mts';
import { type Message, readMessages } from './compiler-messages.mts';
import { Random } from './random.mts';
import { createUnit } from './recurrent.mts';
import { END, hideNames, showNames, tokensOf, Vocabulary } from './vocabulary.mts';
import { uniform } from './weights.mts';

const HIDDEN = 128;
/** Of the row that a token has in a table. */
const WIDTH = 64;
const BATCH = 16;
/** Tokens of the longest message, with its end; one in five is longer. */
const LENGTH = 24;
/** Share of the tokens that are left out while it learns, so that it does not learn the messages by heart. */
const LEFT_OUT = 0.15;
/** Translations that are shown in the end. */
const SHOWN = 5;

/** A token by its number; undefined if it is unknown. */
type Ids = (number | undefined)[];

interface Pair extends Message {
  /** Words that are no part of the vocabulary. */
  names: string[];
  tokens: Ids;
  right: Ids;
}

const createNetwork = (random: Random, inputs: number, outputs: number) => ({
  source: uniform(random, inputs, WIDTH, 0.1),
  encoder: createUnit(random, WIDTH, HIDDEN),
  target: uniform(random, outputs, WIDTH, 0.1), // what a token is read by, and told by
  decoder: createUnit(random, WIDTH + HIDDEN, HIDDEN),
  out: uniform(random, 2 * HIDDEN, WIDTH),
  outBias: np.zeros([outputs]),
});
type Network = ReturnType<typeof createNetwork>;

/** Scores [LENGTH * BATCH, outputs] of all tokens; each step is told the token before: the right one, or else the likeliest. */
function translate(
  network: Network,
  tokens: np.Array,
  isToken: np.Array,
  told?: np.Array,
): np.Array {
  const { source, encoder, target, decoder, out, outBias } = network;
  const outputs = target.shape[0];
  const states = encode(encoder, np.dot(tokens, source), isToken.ref);
  const score = (seen: np.Array) =>
    np.dot(np.tanh(np.dot(seen, out.ref)), target.ref.transpose()).add(outBias.ref);
  const all: np.Array[] = [];
  decode(decoder, states, isToken, LENGTH, np.zeros([BATCH, WIDTH]), (t, seen) => {
    all.push(seen.ref);
    const last = told
      ? told.ref.slice([t * BATCH, (t + 1) * BATCH])
      : nn.oneHot(np.argmax(score(seen.ref), 1), outputs);
    seen.dispose();
    // Not for all steps at once: jax-js would sum the gradients of their slices anew for every number that it multiplies.
    return np.dot(last, target.ref);
  });
  const scores = score(np.stack(all).reshape([LENGTH * BATCH, 2 * HIDDEN]));
  for (const array of [target, out, outBias]) array.dispose();
  told?.dispose();
  return scores;
}

const lossAndGradients = jit(
  valueAndGrad(
    (network: Network, tokens: np.Array, isToken: np.Array, told: np.Array, right: np.Array) => {
      const count = right.ref.sum();
      return nn
        .logSoftmax(translate(network, tokens, isToken, told))
        .mul(right)
        .sum()
        .neg()
        .div(count);
    },
  ),
);
const translateAlone = jit((network: Network, tokens: np.Array, isToken: np.Array) =>
  np.argmax(translate(network, tokens, isToken), 1),
);

await run({
  name: 'messages',
  about: 'Messages of the TypeScript compiler from English to German, and RMSprop',
  unit: 'epoch',
  rounds: 20,
  quickRounds: 1,
  goals: { BLEU: 12 }, // the English has 11
  quickGoals: {}, // no sentence is right so soon
  show: (value) => value.toFixed(1),

  async *train({ seed, rounds }, say) {
    const random = new Random(seed);
    const messages = readMessages();
    const shuffled = Array.from(random.permutation(messages.length), (i) => messages[i]);
    const { train, test, inputs, target } = prepare(shuffled, Math.floor(messages.length / 10));
    const german = test.map((pair) => [wordsOf(pair.german)]);
    const copied = bleu(
      test.map(({ english }) => wordsOf(english)),
      german,
    );

    const network = createNetwork(random, inputs, target.size);
    const training = wrap(network, RMSprop, { learningRate: 0.004, clipGlobalNorm: 1 });
    const steps = Math.floor(train.length / BATCH);
    const schedule = schedules.cosine({ steps: steps * rounds });
    const scheduler = new Scheduler(training.optimizer, schedule);
    let params = training.params();
    let translations: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const order = random.permutation(train.length);
      let sum = 0;
      for (let k = 0; k < steps; k++) {
        const batch = Array.from(order.subarray(k * BATCH, (k + 1) * BATCH), (i) => train[i]);
        const right = batch.map((pair) => pair.right);
        const [loss, gradients] = lossAndGradients(
          params,
          ...inputsOf(batch, inputs, random),
          oneHot(right, target.size, random),
          oneHot(right, target.size),
        );
        params = training.step(gradients as Network);
        scheduler.step();
        sum += loss.item();
      }
      translations = translateAll(training.params, test, inputs, target);
      const reached = bleu(translations.map(wordsOf), german);
      const measures = { BLEU: 100 * reached, 'BLEU of the English': 100 * copied };
      yield { loss: sum / steps, measures };
    }
    for (const [i, { english, german }] of test.slice(0, SHOWN).entries()) {
      say(`English: ${english}\n  here: ${translations[i]}\n  right: ${german}`);
    }
    say(`Learned ${train.length} messages, translated ${test.length} others`);
  },
});

/** Numbers for the tokens of all messages; those of the first messages, which are held out, have no part in the vocabularies. */
function prepare(messages: Message[], heldOut: number) {
  const english = messages.map((message) => tokensOf(message.english));
  const source = new Vocabulary(english.slice(heldOut));
  const names = english.map((tokens) => source.namesIn(tokens));
  const german = messages.map((message, i) => hideNames(tokensOf(message.german), names[i]));
  const target = new Vocabulary(german.slice(heldOut));
  const pairs = messages.map((message, i) => ({
    ...message,
    names: names[i],
    tokens: source.idsOf(hideNames(english[i], names[i])),
    right: [...target.idsOf(german[i]), END],
  }));
  const fits = ({ tokens, right }: Pair) => Math.max(tokens.length, right.length) <= LENGTH;
  return {
    test: pairs.slice(0, heldOut).filter(fits),
    train: pairs.slice(heldOut).filter(fits),
    inputs: source.size,
    target,
  };
}

function translateAll(
  params: () => Network,
  pairs: Pair[],
  inputs: number,
  target: Vocabulary,
): string[] {
  const translations: string[] = [];
  for (let first = 0; first < pairs.length; first += BATCH) {
    const some = pairs.slice(first, first + BATCH);
    const ids = translateAlone(params(), ...inputsOf(some, inputs)).dataSync();
    for (const [i, { names }] of some.entries()) {
      const own = Array.from({ length: LENGTH }, (_, t) => ids[t * BATCH + i]);
      translations.push(showNames(target.tokensOf(own), names).join(''));
    }
  }
  return translations;
}

/** As BLEU counts them. */
function wordsOf(text: string): string[] {
  return tokensOf(text).map((token) => token.trim());
}

/** A row [size] for each token, of all messages for the first one, and so on; zeros if it is unknown or, with `random`, left out. */
function oneHot(texts: Ids[], size: number, random?: Random): np.Array {
  const rows = new Float32Array(LENGTH * BATCH * size);
  for (const [i, ids] of texts.entries()) {
    for (const [t, id] of ids.entries()) {
      if (id === undefined || (random && random.uniform() < LEFT_OUT)) continue;
      rows[(t * BATCH + i) * size + id] = 1;
    }
  }
  return np.array(rows, { shape: [LENGTH * BATCH, size] });
}

/** The English tokens, and where there are some. */
function inputsOf(pairs: Pair[], size: number, random?: Random): [np.Array, np.Array] {
  const texts = pairs.map(({ tokens }) => tokens);
  const isToken = new Float32Array(LENGTH * BATCH);
  for (const [i, ids] of texts.entries()) {
    for (const t of ids.keys()) isToken[t * BATCH + i] = 1;
  }
  return [oneHot(texts, size, random), np.array(isToken, { shape: [LENGTH, BATCH, 1] })];
}
