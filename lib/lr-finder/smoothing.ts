/**
 * The exponential average of a series, without the 0 that it starts from:
 *
 *     a = smoothing * a + (1 - smoothing) * value;    a / (1 - smoothing^count)
 */
export class Smoothing {
  readonly #smoothing: number;
  #average = 0;
  /** How much of the average is of values: 1 - smoothing^count. */
  #weight = 0;

  constructor(smoothing: number) {
    this.#smoothing = smoothing;
  }

  next(value: number): number {
    const own = 1 - this.#smoothing;
    this.#average = this.#smoothing * this.#average + own * value;
    this.#weight = this.#smoothing * this.#weight + own;
    return this.#average / this.#weight;
  }
}
