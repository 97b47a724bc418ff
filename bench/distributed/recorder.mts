import type { Communicator, FloatArray, Ranks } from 'rmsprop/mpi';

type Exchange = Parameters<Ranks['exchange']>;
interface Mean {
  readonly out: FloatArray;
  readonly parts: readonly FloatArray[];
}

/** So many exchanges are under way at once, as in a step. */
const DEPTH = 3;

/** Ranks that remember what is asked of them. */
export class Recorder implements Ranks {
  readonly rank: number;
  readonly size: number;
  readonly #comm: Communicator;
  #record: { bytes: number; exchanges: Exchange[]; means: Mean[] } | undefined;

  constructor(comm: Communicator) {
    this.#comm = comm;
    this.rank = comm.rank;
    this.size = comm.size;
  }

  start() {
    this.#record = { bytes: 0, exchanges: [], means: [] };
  }

  /** What was asked for since the start. */
  stop() {
    const record = this.#record ?? { bytes: 0, exchanges: [], means: [] };
    this.#record = undefined;
    return record;
  }

  /** Sends and receives the same again, and does nothing else. */
  async replay(exchanges: readonly Exchange[]) {
    const pending: Promise<void>[] = [];
    for (const exchange of exchanges) {
      if (pending.length >= DEPTH) await pending.shift();
      pending.push(this.#comm.exchange(...exchange));
    }
    await Promise.all(pending);
  }

  allGatherAsync(...args: Parameters<Ranks['allGatherAsync']>) {
    return this.#comm.allGatherAsync(...args);
  }

  broadcastAsync(...args: Parameters<Ranks['broadcastAsync']>) {
    return this.#comm.broadcastAsync(...args);
  }

  exchange(...args: Exchange) {
    const [arrays, sends] = args;
    if (this.#record) {
      this.#record.exchanges.push(args);
      for (let k = 0; k < sends.length; k += 4) {
        this.#record.bytes += arrays[sends[k + 1]].BYTES_PER_ELEMENT * sends[k + 3];
      }
    }
    return this.#comm.exchange(...args);
  }

  mean(out: FloatArray, parts: readonly FloatArray[]) {
    this.#record?.means.push({ out, parts });
    this.#comm.mean(out, parts);
  }
}
