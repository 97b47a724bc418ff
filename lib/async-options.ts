import { failure, show } from './errors.js';
import { requirePlainObject } from './hyperparameters.js';

/** What everything that returns a promise may be told. */
export interface AsyncOptions {
  /** Cancels what has not begun: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Throws unless these are options of something that returns a promise. */
export function readAsyncOptions(options: AsyncOptions | undefined): AsyncOptions {
  if (options === undefined) return {};
  const where = 'options';
  requirePlainObject(options, where);
  const { signal, ...others } = options;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) {
    throw failure(TypeError, 'ERR_UNKNOWN_OPTION', `${where} to have only signal`, show(unknown));
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    const expected = `${where}.signal to be an AbortSignal`;
    throw failure(TypeError, 'ERR_INVALID_OPTION', expected, show(signal));
  }
  return signal ? { signal } : {};
}
