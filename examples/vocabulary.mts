/** What comes after the last token. */
export const END = 0;
/** Words of a text that the vocabulary does not have, and that may stand in its translation as they are. */
const SLOTS = 6;
/** A word that came once cannot be learned. */
const LEAST = 2;

/** Placeholders, words, and other signs, each with the space before it: joined, they are the text again. */
export function tokensOf(text: string): string[] {
  return text.match(/\s?(?:\{\d\}|[\p{L}\p{N}_$]+|\S)/gu) ?? [];
}

/** The tokens that texts have in common; those of one text alone are unknown. */
export class Vocabulary {
  readonly #tokens: string[];
  readonly #ids: Map<string, number>;

  constructor(texts: string[][]) {
    const counts = new Map<string, number>();
    for (const token of texts.flat()) counts.set(token, (counts.get(token) ?? 0) + 1);
    const slots = Array.from({ length: SLOTS }, (_, i) => [slot(i, ''), slot(i, ' ')]).flat();
    const common = [...counts.keys()].filter((token) => (counts.get(token) as number) >= LEAST);
    this.#tokens = ['', ...new Set([...slots, ...common])];
    this.#ids = new Map(this.#tokens.map((token, id) => [token, id]));
  }

  /** How many numbers tokens may have. jax-js takes ten times as long for rows that do not fill its vectors. */
  get size(): number {
    return 16 * Math.ceil(this.#tokens.length / 16);
  }

  has(token: string): boolean {
    return this.#ids.has(token);
  }

  /** Undefined for what is unknown. */
  idsOf(tokens: string[]): (number | undefined)[] {
    return tokens.map((token) => this.#ids.get(token));
  }

  /** Up to the first END. */
  tokensOf(ids: number[]): string[] {
    const end = ids.indexOf(END);
    return ids.slice(0, end < 0 ? ids.length : end).map((id) => this.#tokens[id] ?? '');
  }

  /** The words that are unknown here, for slots to stand for them in a text and in its translation. */
  namesIn(tokens: string[]): string[] {
    const unknown = tokens.filter((token) => !this.has(token)).map((token) => token.trim());
    return [...new Set(unknown)].slice(0, SLOTS);
  }
}

const slot = (i: number, space: string) => `${space}⟨${i}⟩`;

/** Puts slots into the places of names. */
export function hideNames(tokens: string[], names: string[]): string[] {
  return tokens.map((token) => {
    const i = names.indexOf(token.trim());
    return i < 0 ? token : slot(i, token[0] === ' ' ? ' ' : '');
  });
}

/** And back again. */
export function showNames(tokens: string[], names: string[]): string[] {
  return tokens.map((token) => token.replace(/⟨(\d)⟩/, (_, i) => names[i] ?? ''));
}
