import { close, closeSync, fstatSync, fsync, openSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify, types } from 'node:util';
import { failure, reasonOf, show } from './errors.js';
import { requirePlainObject } from './hyperparameters.js';
import { jsonOf, KEPT } from './json.js';
import type { StepEvent } from './step-listeners.js';

/** A log of JSON lines: a listener for {@link Optimizer.onStep}. */
export interface JsonLines {
  /** Writes a line for a step: `step`, `time`, `updated`, `learningRates`, and if they are there `gradientNorm`, `report`. */
  (event: StepEvent): void;
  /**
   * Writes a line of the caller's, such as `{ step, loss }`: what JSON keeps, and NaN and infinities. `time`, the
   * milliseconds since 1970, comes with it unless the record has its own.
   *
   * As with JSON.stringify, what has a `toJSON` is what that returns, and undefined, functions and symbols are left out (in
   * lists they are null). What JSON cannot hold, or would make an empty object of, is refused instead: a bigint, a circle, a
   * Map, a Set, a DataView, an Error, a Scheduler; so is what cannot be read, and a record whose own `toJSON` returns no object.
   *
   * @throws TypeError ERR_INVALID_OPTION; RangeError ERR_LOG_WRITE after `close`
   */
  write(record: object): void;
  /**
   * Waits until all lines are on the disk, or are taken by the stream.
   *
   * Rejects with RangeError ERR_LOG_WRITE (its `cause` is the error of the system) if any line since the beginning was not
   * written: then no later one was.
   */
  flush(): Promise<void>;
  /** Does so, and closes the file; a stream is the caller's to end. Rejects as `flush`; the file is closed all the same. */
  close(): Promise<void>;
}

/** Where lines go. Errors are thrown, or come with the promises. */
interface Target {
  write(line: string): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A log with one JSON object in each line, for `optimizer.onStep(log, { reportEvery })`.
 *
 * NaN, Infinity and -Infinity, which JSON does not have, are written as the strings `"NaN"`, `"Infinity"` and `"-Infinity"`:
 * `Number(x)` reads them, and Python's `float(x)`. Typed arrays are written as lists.
 *
 * A file is written as each line comes, before the step returns: what has happened before a crash is there. Lines are added to
 * a file that exists. Errors of writing do not disturb the training: `flush` and `close` tell.
 *
 * @param destination a file name, a URL of a file, or a stream
 * @throws TypeError ERR_INVALID_OPTION; RangeError ERR_LOG_WRITE for a file that cannot be opened
 */
export function jsonLines(destination: string | URL | Writable): JsonLines {
  const target = isWritable(destination) ? streamTarget(destination) : fileTarget(destination);
  let failed: unknown;
  let closing: Promise<void> | undefined;

  const write = (where: string, expected: string, read: () => object) => {
    if (closing) {
      const before = 'a line to be written before close()';
      throw failure(RangeError, 'ERR_LOG_WRITE', before, 'one after it');
    }
    const line = encode(where, expected, read);
    if (failed) return;
    try {
      target.write(`${line}\n`);
    } catch (error) {
      failed = error;
    }
  };
  const settle = async (last: () => Promise<void>) => {
    try {
      await last();
    } catch (error) {
      failed ??= error;
    }
    if (!failed) return;
    const expected = 'every line of the log to be written';
    const error = failure(RangeError, 'ERR_LOG_WRITE', expected, reasonOf(failed));
    throw Object.assign(error, { cause: failed });
  };

  const log = (event: StepEvent) => {
    requirePlainObject(event, 'event');
    write('event', 'to be one of onStep()', () => {
      const { step, updated, learningRates, gradientNorm, report } = event;
      if (typeof step !== 'number') throw new TypeError(`the step ${show(step)}`);
      return { time: Date.now(), step, updated, learningRates, gradientNorm, report };
    });
  };
  return Object.assign(log, {
    write(record: object) {
      requirePlainObject(record, 'record');
      write('record', KEPT, () => ({ time: Date.now(), ...record }));
    },
    flush: () => closing ?? settle(() => target.flush()),
    close() {
      closing ??= settle(() => target.close());
      return closing;
    },
  });
}

/** The line of what `read` returns. Throws, saying what was expected, unless it is one object as JSON. */
function encode(where: string, expected: string, read: () => object): string {
  const line = jsonOf(read, where, expected, encodable);
  if (line?.startsWith('{')) return line;
  const received = `a toJSON that returns ${line}`;
  throw failure(TypeError, 'ERR_INVALID_OPTION', `${where} ${expected}`, received);
}

/** What a line has of numbers that JSON lacks, and of typed arrays. */
function encodable(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value}`;
  return types.isTypedArray(value) ? Array.from(value as Float64Array) : value;
}

function isWritable(to: unknown): to is Writable {
  try {
    const { write, on, off } = to as Writable;
    return [write, on, off].every((method) => typeof method === 'function');
  } catch {
    return false;
  }
}

function fileTarget(to: unknown): Target {
  let file: number;
  try {
    file = openFile(pathOf(to));
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_INVALID_OPTION') throw error;
    const expected = `${show(String(to))} to be a file that can be written`;
    const cause = failure(RangeError, 'ERR_LOG_WRITE', expected, reasonOf(error));
    throw Object.assign(cause, { cause: error });
  }
  const sync = () => promisify(fsync)(file);
  return {
    write(line) {
      const bytes = Buffer.from(line);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    },
    // Pipes and devices cannot be synchronized, and need not.
    flush: () => sync().catch(unlessUnsupported),
    close: () =>
      sync()
        .catch(unlessUnsupported)
        .finally(() => promisify(close)(file)),
  };
}

function openFile(path: string): number {
  const file = openSync(path, 'a');
  if (!fstatSync(file).isDirectory()) return file;
  closeSync(file); // Windows opens folders, too
  throw new Error('EISDIR: illegal operation on a directory');
}

function unlessUnsupported(error: NodeJS.ErrnoException) {
  if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error;
}

function pathOf(to: unknown): string {
  if (typeof to === 'string') return to;
  try {
    return fileURLToPath(to as URL);
  } catch {
    const expected = 'destination to be a string, a URL of a file, or a stream';
    throw failure(TypeError, 'ERR_INVALID_OPTION', expected, show(to));
  }
}

/** A stream that fails emits an error, which is taken here until the log is closed. */
function streamTarget(stream: Writable): Target {
  let failed: Error | undefined;
  const take = (error: Error) => {
    failed ??= error;
  };
  const release = takeErrors(stream, take);
  const flush = () =>
    new Promise<void>((resolve, reject) => {
      if (failed) reject(failed);
      else stream.write('', (error) => (error ? reject(error) : resolve()));
    });
  return {
    write(line) {
      if (failed) throw failed;
      stream.write(line, (error) => error && take(error));
    },
    flush,
    // A stream that has failed may still say so later.
    close: async () => {
      await flush();
      release();
    },
  };
}

type Taker = (error: Error) => void;

/** Who takes the errors of a stream. All logs of one share a listener: of more than ten Node warns as of a leak. */
const errorsOf = new WeakMap<Writable, { listener: Taker; takers: Set<Taker> }>();

/** Calls `take` for every error of the stream. Returns what ends this. */
function takeErrors(stream: Writable, take: Taker): () => void {
  const errors = errorsOf.get(stream) ?? listenTo(stream);
  errors.takers.add(take);
  return () => {
    errors.takers.delete(take);
    if (errors.takers.size > 0) return;
    stream.off('error', errors.listener);
    errorsOf.delete(stream);
  };
}

function listenTo(stream: Writable) {
  const takers = new Set<Taker>();
  const listener = (error: Error) => {
    for (const take of takers) take(error);
  };
  stream.on('error', listener);
  const errors = { listener, takers };
  errorsOf.set(stream, errors);
  return errors;
}
