/**
 * A source of random numbers that are the same on every machine: sfc32 by Chris Doty-Humphrey
 * (PractRand, public domain). It uses 32-bit integers only, where Math.random cannot be seeded.
 */
export class Random {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    // The halves of a seed above 2^32 go into different words, so that no two seeds coincide.
    this.#state = Uint32Array.of(seed, seed / 2 ** 32, 0x9e3779b9, 1);
    for (let i = 0; i < 15; i++) this.#next();
  }

  #next(): number {
    const [a, b, c, counter] = this.#state as unknown as [number, number, number, number];
    const result = (a + b + counter) >>> 0;
    this.#state[0] = b ^ (b >>> 9);
    this.#state[1] = c + (c << 3);
    this.#state[2] = ((c << 21) | (c >>> 11)) + result;
    this.#state[3] = counter + 1;
    return result;
  }

  /** A number from 0 (included) to 1 (excluded) in steps of 2^-24, so exact in float32. */
  uniform(): number {
    return (this.#next() >>> 8) / 2 ** 24;
  }

  /** Numbers from -bound to bound: the weights that a network starts from. */
  weights(length: number, bound: number): Float32Array {
    return Float32Array.from({ length }, () => (2 * this.uniform() - 1) * bound);
  }

  /** The numbers 0 … length - 1 in random order (Fisher and Yates). */
  permutation(length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      const j = Math.floor((this.#next() / 2 ** 32) * (i + 1));
      const last = order[i];
      order[i] = order[j];
      order[j] = last;
    }
    return order;
  }
}
