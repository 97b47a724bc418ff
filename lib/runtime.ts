import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import type { IsaName } from '../binding.js';
import type { Engine } from './engine.js';
import { failure, noNative, show } from './errors.js';
import { requirePlainObject } from './hyperparameters.js';
import { loadNative, type Native } from './native.js';
import { chooseThreads } from './processors.js';
import { referenceEngine } from './reference.js';
import { version } from './version.js';

/** What does the arithmetic: an instruction set of the native kernel, or the reference in TypeScript. */
export type Isa = IsaName | 'typescript';

/** What computes the steps of this process. */
export interface Runtime {
  /** The version of this package. */
  version: string;
  /** Whether the native kernel is in use. */
  native: boolean;
  /** The instruction set in use. The bits of every result are the same on all of them. */
  isa: Isa;
  /** Those that this machine can use, the fastest first. */
  availableIsas: Isa[];
  /** The largest number of threads that a step uses. Small steps use fewer. */
  threads: number;
  /** Where that number comes from. */
  threadsReason: string;
  /** Whether asynchronous steps are made in threads of the kernel's own. If not, they hold the event loop. */
  asynchronous: boolean;
  /** Why the native kernel could not be loaded, if so: what was tried, and what can be done. */
  nativeError?: string;
}

const WARNED = 'rmsprop: RMSPROP_NO_NATIVE';

/** What {@link configure} sets; what is left out stays as it is. */
export interface Configuration {
  /** The largest number of threads that a step may use. Domain: integers from 1 to 1024. */
  threads?: number | undefined;
  /** The instruction set: one of `runtime().availableIsas`. */
  isa?: Isa | undefined;
}

const { native, nativeError } = findNative();

/** The kernel, or why it could not be loaded, if it was to be. */
function findNative(): { native?: Native; nativeError?: string } {
  const engine = process.env.RMSPROP_ENGINE;
  if (engine && engine !== 'native' && engine !== 'typescript') {
    const expected = 'the environment variable RMSPROP_ENGINE to be "native" or "typescript"';
    throw failure(RangeError, 'ERR_INVALID_OPTION', expected, show(engine));
  }
  if (engine === 'typescript') return {};
  try {
    const native = loadNative();
    // Only the first JavaScript thread that loads the binary: a worker must not undo what the process was configured to.
    if (native.description.threads === 0) native.configure({ threads: chooseThreads().threads });
    return { native };
  } catch (error) {
    const nativeError = error instanceof Error ? error.message : String(error);
    if (engine === 'native') throw noNative(nativeError, error);
    warn(nativeError);
    return { nativeError };
  }
}

/** Warns, unless the main thread did before it started this worker. */
function warn(nativeError: string) {
  if (getEnvironmentData(WARNED) === true) return;
  if (isMainThread) setEnvironmentData(WARNED, true);
  process.emitWarning(
    `The native kernel could not be loaded: the TypeScript engine computes the same results, many times slower. ${nativeError} With the environment variable RMSPROP_ENGINE=typescript there is no warning, with RMSPROP_ENGINE=native an error instead.`,
    { type: 'RMSpropWarning', code: 'RMSPROP_NO_NATIVE' },
  );
}

const availableIsas: Isa[] = [...(native?.description.isas ?? []), 'typescript'];
let usesTypeScript = native === undefined;

/** The engine that holds for the next step. */
export function currentEngine(): Engine {
  return native && !usesTypeScript ? native.engine : referenceEngine;
}

/** How many bytes past a page an array starts; 0 where nobody knows. */
export function offsetInPage(array: ArrayBufferView): number {
  return native?.binding.offsetInPage(array) ?? 0;
}

/** What computes, and with how many threads. */
export function runtime(): Runtime {
  const failed = nativeError !== undefined && { nativeError };
  if (!native || usesTypeScript) {
    const threadsReason = 'the TypeScript engine has one';
    const isa = 'typescript';
    return {
      version,
      native: false,
      isa,
      availableIsas: [...availableIsas],
      threads: 1,
      threadsReason,
      asynchronous: false,
      ...failed,
    };
  }
  const { isa, threads, asynchronous } = native.binding.describe();
  const choice = chooseThreads();
  const threadsReason = threads === choice.threads ? choice.reason : 'set by configure()';
  return {
    version,
    native: true,
    isa,
    availableIsas: [...availableIsas],
    threads,
    threadsReason,
    asynchronous,
  };
}

/**
 * Sets the instruction set and the largest number of threads, for all optimizers of this process, from their next step on.
 * Neither changes a single bit of any result. `isa: 'typescript'` holds in this JavaScript thread only.
 *
 * @throws TypeError ERR_UNKNOWN_OPTION, ERR_INVALID_OPTION
 * @throws RangeError ERR_INVALID_OPTION
 */
export function configure(configuration: Configuration): void {
  const where = 'configuration';
  requirePlainObject(configuration, where);
  const { threads, isa, ...others } = configuration;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) {
    const expected = `${where} to have only threads, isa`;
    throw failure(TypeError, 'ERR_UNKNOWN_OPTION', expected, show(unknown));
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 1024)) {
    const Kind = typeof threads === 'number' ? RangeError : TypeError;
    const expected = `${where}.threads to be an integer from 1 to 1024`;
    throw failure(Kind, 'ERR_INVALID_OPTION', expected, show(threads));
  }
  if (isa !== undefined && !availableIsas.includes(isa)) {
    const Kind = typeof isa === 'string' ? RangeError : TypeError;
    const expected = `${where}.isa to be ${availableIsas.map(show).join(' or ')}`;
    throw failure(Kind, 'ERR_INVALID_OPTION', expected, show(isa));
  }
  if (isa !== undefined) usesTypeScript = isa === 'typescript';
  native?.configure({ threads, isa: isa === 'typescript' ? undefined : isa });
}
