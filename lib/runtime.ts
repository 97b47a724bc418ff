import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IsaName } from '../binding.js';
import type { Engine } from './engine.js';
import { failure, show } from './errors.js';
import { loadNative, type Native } from './native.js';
import { chooseThreads } from './processors.js';
import { referenceEngine } from './reference.js';

/** What does the arithmetic: an instruction set of the native kernel, or the reference in TypeScript. */
export type Isa = IsaName | 'typescript';

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
  /** Why the native kernel could not be loaded, if so. */
  nativeError?: string;
}

export interface Configuration {
  /** The largest number of threads that a step may use. Domain: integers from 1 to 1024. */
  threads?: number;
  /** The instruction set: one of `runtime().availableIsas`. */
  isa?: Isa;
}

let native: Native | undefined;
let nativeError: string | undefined;
try {
  native = loadNative();
} catch (error) {
  nativeError = error instanceof Error ? error.message : String(error);
  process.emitWarning(
    `The native kernel could not be loaded, so the slower TypeScript engine computes the same results. ${nativeError}`,
    { type: 'RMSpropWarning', code: 'RMSPROP_NO_NATIVE' },
  );
}
const availableIsas: Isa[] = [...(native?.description.isas ?? []), 'typescript'];
let isa: Isa = availableIsas[0] as Isa;
let { threads, reason: threadsReason } = chooseThreads();
apply();

function apply() {
  if (native) native.binding.configure(isa, threads);
}

/** The engine that holds for the next step. */
export function currentEngine(): Engine {
  return native && isa !== 'typescript' ? native.engine : referenceEngine;
}

/** What computes, and with how many threads. */
export function runtime(): Runtime {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8'));
  const active = isa === 'typescript' ? undefined : native?.binding.describe();
  return {
    version,
    native: active !== undefined,
    isa: active?.isa ?? 'typescript',
    availableIsas: [...availableIsas],
    threads: active?.threads ?? 1,
    threadsReason: active ? threadsReason : 'the TypeScript engine has one',
    ...(nativeError !== undefined && { nativeError }),
  };
}

/**
 * Sets the instruction set and the largest number of threads, for all optimizers of this process, from their next step on.
 * Neither changes a single bit of any result.
 *
 * @throws TypeError ERR_UNKNOWN_OPTION, ERR_INVALID_OPTION
 * @throws RangeError ERR_INVALID_OPTION
 */
export function configure(configuration: Configuration): void {
  const where = 'configuration';
  if (typeof configuration !== 'object' || configuration === null) {
    const received = show(configuration);
    throw failure(TypeError, 'ERR_INVALID_OPTION', `${where} to be an object`, received);
  }
  const { threads: count = threads, isa: name = isa, ...others } = configuration;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) {
    const expected = `${where} to have only threads, isa`;
    throw failure(TypeError, 'ERR_UNKNOWN_OPTION', expected, show(unknown));
  }
  if (!Number.isInteger(count) || count < 1 || count > 1024) {
    const Kind = typeof count === 'number' ? RangeError : TypeError;
    const expected = `${where}.threads to be an integer from 1 to 1024`;
    throw failure(Kind, 'ERR_INVALID_OPTION', expected, show(count));
  }
  if (!availableIsas.includes(name)) {
    const Kind = typeof name === 'string' ? RangeError : TypeError;
    const expected = `${where}.isa to be ${availableIsas.map(show).join(' or ')}`;
    throw failure(Kind, 'ERR_INVALID_OPTION', expected, show(name));
  }
  isa = name;
  if (configuration.threads !== undefined) threadsReason = 'set by configure()';
  threads = count;
  apply();
}
