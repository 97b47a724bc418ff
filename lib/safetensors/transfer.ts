import type { AsyncOptions } from '../async-options.js';

/** How far a save or a load is. */
export interface Progress {
  /** Bytes of the file that were written or read. */
  readonly bytes: number;
  /** Bytes that the file has. */
  readonly total: number;
}

export interface TransferOptions extends AsyncOptions {
  /** Ends the transfer, whether it has begun or not: the promise rejects with the signal's reason, and nothing has changed. */
  signal?: AbortSignal | undefined;
  /** Called after every piece. What it throws ends the transfer, as the signal does. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** How many bytes are moved at a time: the event loop is held for a copy and a checksum of so many, some 0.1 ms. */
export const PIECE = 256 * 1024;
