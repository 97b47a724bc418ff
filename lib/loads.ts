/** A value that loads replace, such as hyperparameters, and those who asked for something before a load was over. */
export class Loads<T> {
  /** How many are waiting or under way. */
  #pending = 0;
  /** The value when the last of them is over: that of all that is asked for until then. */
  #after: { value?: T } = {};

  get pending(): boolean {
    return this.#pending > 0;
  }

  /**
   * The value as it is now, for something that is asked for now and has its turn later; or as it is after the loads that come
   * in between.
   */
  valueFor(current: () => T): () => T {
    if (this.pending) {
      const after = this.#after;
      return () => after.value ?? current();
    }
    const now = current();
    return () => now;
  }

  async during<R>(load: () => Promise<R>, current: () => T): Promise<R> {
    this.#pending++;
    try {
      return await load();
    } finally {
      if (--this.#pending === 0) {
        this.#after.value = current();
        this.#after = {};
      }
    }
  }
}
