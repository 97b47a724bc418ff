import { expect, test } from 'vitest';
import { END, hideNames, showNames, tokensOf, Vocabulary } from '../../examples/vocabulary.mjs';

test.each([
  ['Cannot find "{0}".', ['Cannot', ' find', ' "', '{0}', '"', '.']],
  ['Größe: 2', ['Größe', ':', ' 2']],
  ['', []],
])('%j has the tokens %j', (text, tokens) => {
  expect(tokensOf(text)).toEqual(tokens);
  expect(tokens.join('')).toBe(text);
});

const learned = ['Set the option.', 'Set the type.', 'the option type'].map(tokensOf);
test.each([
  ['all known', 'Set the option.', [], 'Set the option.'],
  ['a name', 'Set noEmit.', ['noEmit'], 'Set ⟨0⟩.'],
  ['after a space or not', 'a the(a)', ['a', '(', ')'], '⟨0⟩ the⟨1⟩⟨0⟩⟨2⟩'],
  ['too many', 'a b c d e f g', ['a', 'b', 'c', 'd', 'e', 'f'], '⟨0⟩ ⟨1⟩ ⟨2⟩ ⟨3⟩ ⟨4⟩ ⟨5⟩ g'],
])('%s', (_, text, names, hidden) => {
  const vocabulary = new Vocabulary(learned);
  expect(vocabulary.namesIn(tokensOf(text))).toEqual(names);
  const tokens = hideNames(tokensOf(text), names);
  expect(tokens.join('')).toBe(hidden);
  expect(showNames(tokens, names).join('')).toBe(text);
  const ids = vocabulary.idsOf(tokens);
  expect(vocabulary.tokensOf(ids.map((id) => id ?? END)).join('')).toBe(hidden.replace(' g', ''));
  expect(Math.max(...ids.map((id) => id ?? 0))).toBeLessThan(vocabulary.size);
});
