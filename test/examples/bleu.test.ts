import { expect, test } from 'vitest';
import { bleu } from '../../examples/bleu.mjs';

const words = (text: string) => text.split(' ');

// The examples of NLTK's documentation (nltk.translate.bleu_score), which shows the first four digits of what they give.
const military = {
  candidate:
    'It is a guide to action which ensures that the military always obeys the commands of the party',
  references: [
    'It is a guide to action that ensures that the military will forever heed Party commands',
    'It is the guiding principle which guarantees the military forces always being under the command of the Party',
    'It is the practical guide for the army always to heed the directions of the party',
  ],
};
const book = {
  candidate: 'he read the book because he was interested in world history',
  references: ['he was interested in world history because he read the book'],
};
const free = {
  candidate: 'It is to insure the troops forever hearing the activity guidebook that party direct',
  references: military.references,
};
const [short, long] = ['a b c d', 'a b c d e f g h'];

test.each([
  ['a corpus', [military, book], 0.592],
  ['one sentence', [military], 0.5045],
  ['one reference', [{ ...military, references: military.references.slice(0, 1) }], 0.4118],
  ['no 4-gram is right', [free], 0],
  ['the same words', [{ candidate: short, references: [short] }], 1],
  ['half as long: exp(1 - 8 / 4)', [{ candidate: short, references: [long] }], 0.3678],
  ['the reference of the nearest length', [{ candidate: short, references: [long, short] }], 1],
  ['nothing', [{ candidate: '', references: [short] }], 0],
])('%s', (_, sentences, expected) => {
  const candidates = sentences.map(({ candidate }) => words(candidate));
  const references = sentences.map(({ references }) => references.map(words));
  expect(Math.trunc(10_000 * bleu(candidates, references)) / 10_000).toBe(expected);
});
