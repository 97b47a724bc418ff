/** Work that waits for its turn. */
interface Turn {
  begin(): void;
}

/**
 * The turns of one optimizer's memory: what takes time, such as an asynchronous step or a save, is done one after the other,
 * in the order in which it was asked for.
 */
export class Turns {
  readonly #waiting: Turn[] = [];
  #busy = false;

  /** Whether anything is under way or waiting. */
  get busy(): boolean {
    return this.#busy;
  }

  /**
   * Begins with `work` at once if nothing is under way, else when all that was asked for before is over, be it done or
   * failed. A signal cancels work that has not begun: the promise rejects with the signal's reason.
   */
  take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const cancel = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal?.reason);
      };
      const turn: Turn = {
        begin: () => {
          signal?.removeEventListener('abort', cancel);
          const over = <V>(settle: (value: V) => void) => {
            return (value: V) => {
              this.#next(); // first: whoever waits for the work finds it over
              settle(value);
            };
          };
          work().then(over(resolve), over(reject));
        },
      };
      if (this.#busy) {
        signal?.addEventListener('abort', cancel, { once: true });
        this.#waiting.push(turn);
      } else {
        this.#busy = true;
        turn.begin();
      }
    });
  }

  #next() {
    const turn = this.#waiting.shift();
    if (turn) turn.begin();
    else this.#busy = false;
  }
}
