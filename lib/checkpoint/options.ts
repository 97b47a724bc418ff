import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSignal } from '../async-options.js';
import { failure, show } from '../errors.js';
import { requirePlainObject } from '../hyperparameters.js';
import type { TransferOptions } from '../safetensors/transfer.js';

/** The options of a transfer, if these have those, or of the named others, and nothing else. */
export function checkOptions(options: unknown, others: readonly string[]): TransferOptions {
  if (others.includes('optimizer')) requirePlainObject(options, 'options');
  const signal = readSignal(options, [...others, 'signal', 'onProgress']);
  const { onProgress } = (options ?? {}) as TransferOptions;
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalid('options.onProgress to be a function', onProgress);
  }
  return { signal, onProgress };
}

/** The absolute path: the folder that the process is in may be another one when its turn comes. */
export function checkPath(path: unknown): string {
  if (typeof path === 'string') return resolve(path);
  try {
    return fileURLToPath(path as URL);
  } catch {
    throw invalid('path to be a string or a URL of a file', path);
  }
}

function invalid(expected: string, received: unknown) {
  return failure(TypeError, 'ERR_INVALID_OPTION', expected, show(received));
}
