import { failure, show } from './errors.js';
import { requirePlainObject } from './hyperparameters.js';

/** What everything that returns a promise may be told. */
export interface AsyncOptions {
  /** Cancels what has not begun: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface AsyncStepOptions extends AsyncOptions {
  /** Whether the result is to have a report of what the step does to each tensor. Default: false. */
  report?: boolean | undefined;
}

export function readStepOptions(options: unknown): { signal?: AbortSignal; report: boolean } {
  const signal = readSignal(options, ['signal', 'report']);
  const { report = false } = (options ?? {}) as AsyncStepOptions;
  if (typeof report !== 'boolean') {
    const expected = 'options.report to be true or false';
    throw failure(TypeError, 'ERR_INVALID_OPTION', expected, show(report));
  }
  return signal ? { signal, report } : { report };
}

/** Throws unless these are options with these names and no others, or none. */
export function requireOnly(options: unknown, known: readonly string[]) {
  if (options === undefined) return;
  requirePlainObject(options, 'options');
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const expected = `options to have only ${known.join(', ')}`;
    throw failure(TypeError, 'ERR_UNKNOWN_OPTION', expected, show(unknown));
  }
}

/** The signal, if there is one. Throws unless these are options with these names and no others. */
export function readSignal(options: unknown, known: readonly string[]): AbortSignal | undefined {
  requireOnly(options, known);
  const { signal } = (options ?? {}) as AsyncOptions;
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  const expected = 'options.signal to be an AbortSignal';
  throw failure(TypeError, 'ERR_INVALID_OPTION', expected, show(signal));
}
