import { onAbort } from './abort.js';

/** Work that waits for its turn. */
interface Turn {
  /** Undefined once it is cancelled. */
  begin: (() => void) | undefined;
  readonly reject: (reason: unknown) => void;
  next: Turn | undefined;
}

/**
 * The turns of one optimizer's memory: what takes time, such as an asynchronous step or a save, is done one after the other,
 * in the order in which it was asked for.
 */
export class Turns {
  // A list, since an array takes longer to lose its first element the longer it is.
  #first: Turn | undefined;
  #last: Turn | undefined;
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
      const over = <V>(settle: (value: V) => void) => {
        return (value: V) => {
          this.#next(); // first: whoever waits for the work finds it over
          settle(value);
        };
      };
      const [done, failed] = [over(resolve), over(reject)];
      const begin = () => {
        work().then(done, failed);
      };
      if (this.#busy) {
        this.#wait(begin, reject, signal);
        return;
      }
      this.#busy = true;
      try {
        begin();
      } catch (error) {
        this.#busy = false; // no promise: there may be no room on the stack even to call a function
        throw error;
      }
    });
  }

  #wait(begin: () => void, reject: (reason: unknown) => void, signal: AbortSignal | undefined) {
    const turn: Turn = { begin: undefined, reject, next: undefined };
    const stop = onAbort(signal, () => {
      turn.begin = undefined;
      stop();
      reject(signal?.reason);
    });
    turn.begin = () => {
      stop();
      begin();
    };
    if (this.#last) this.#last.next = turn;
    else this.#first = turn;
    this.#last = turn;
  }

  #next() {
    while (this.#first) {
      const { begin, reject, next }: Turn = this.#first;
      this.#first = next;
      if (!next) this.#last = undefined;
      if (!begin) continue;
      try {
        begin();
        return;
      } catch (error) {
        reject(error);
      }
    }
    this.#busy = false;
  }
}
