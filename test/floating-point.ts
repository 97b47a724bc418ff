import { renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { binding } from './binding.js';
import { compile } from './compile.js';

/** How a thread computes: the registers of its processor that say so, and that hold which exceptions have occurred. */
export type Environment = Readonly<Record<string, number>>;

interface Environments {
  /** To the nearest, denormal numbers kept, nothing trapped, no exception so far. */
  readonly plain: Environment;
  /** What a host may have set. */
  readonly others: Readonly<Record<string, Environment>>;
}

function ofX64(): Environments {
  const FLUSH_TO_ZERO = 0x8000;
  const DENORMALS_ARE_ZERO = 0x40;
  const EXCEPTIONS = 0x3f;
  /** In x87 registers, of which plain ones have all 64 bits. */
  const HALF_THE_FRACTION = 0x100;
  const plain = { mxcsr: 0x1f80, x87Control: 0x37f, x87Exceptions: 0 };
  const rounded = (mode: number) => ({
    ...plain,
    mxcsr: plain.mxcsr | (mode << 13),
    x87Control: plain.x87Control | (mode << 10),
  });
  const up = rounded(2);
  const others = {
    'denormal numbers flushed to zero': {
      ...plain,
      mxcsr: plain.mxcsr | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO,
    },
    'rounded down': rounded(1),
    'rounded up': up,
    'rounded towards zero': rounded(3),
    'x87 numbers rounded to 53 bits': {
      ...plain,
      x87Control: plain.x87Control & ~HALF_THE_FRACTION,
    },
    'all of these, and every exception has occurred': {
      ...plain,
      mxcsr: up.mxcsr | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO | EXCEPTIONS,
      x87Control: up.x87Control & ~HALF_THE_FRACTION,
    },
    'every exception trapped': { ...plain, mxcsr: 0, x87Control: plain.x87Control & ~EXCEPTIONS },
  };
  return { plain, others };
}

/** Few of these processors trap exceptions. */
function ofArm64(): Environments {
  const FLUSH_TO_ZERO = 1 << 24;
  /** float16 without infinity and NaN. */
  const ALTERNATIVE_HALF_PRECISION = 1 << 26;
  const EXCEPTIONS = 0x9f;
  const plain = { control: 0, status: 0 };
  const rounded = (mode: number) => ({ ...plain, control: mode << 22 });
  const up = rounded(1);
  const others = {
    'denormal numbers flushed to zero': { ...plain, control: FLUSH_TO_ZERO },
    'rounded down': rounded(2),
    'rounded up': up,
    'rounded towards zero': rounded(3),
    'float16 of another kind': { ...plain, control: ALTERNATIVE_HALF_PRECISION },
    'all of these, and every exception has occurred': {
      control: up.control | FLUSH_TO_ZERO | ALTERNATIVE_HALF_PRECISION,
      status: EXCEPTIONS,
    },
  };
  return { plain, others };
}

export const { plain, others: environments } = process.arch === 'arm64' ? ofArm64() : ofX64();

type Call = (
  registers: Uint32Array,
  f: (...values: never[]) => unknown,
  ...values: unknown[]
) => unknown;

let call: Call | undefined;
function compiled(): Call {
  if (call) return call;
  const require = createRequire(__filename);
  const headers = (require('node-api-headers') as { include_dir: string }).include_dir;
  const module = join(__dirname, '../build/floating-point.node');
  const source = join(__dirname, 'floating-point.cpp');
  const whole = `${module}.${process.pid}`; // others may compile it at the same time
  compile('-shared', '-fPIC', '-I', headers, source, '-o', whole);
  renameSync(whole, module);
  call = (require(module) as { call: Call }).call;
  return call;
}

/** Calls a function in an environment, with at most 60 arguments. Tells the result, and which environment it left. */
export function callIn<T>(
  environment: Environment,
  f: (...values: never[]) => T,
  ...values: unknown[]
) {
  const names = Object.keys(environment);
  const registers = Uint32Array.from(Object.values(environment));
  const result = compiled()(registers, f, ...values) as T;
  const left = Object.fromEntries(names.map((name, i) => [name, registers[i]]));
  return { result, left, same: environment };
}

/**
 * Lets every native step begin in the environment that the function tells, and hands over what it left of it; the JavaScript
 * around is not concerned. Returns what undoes this.
 */
export function stepIn(
  environment: () => Environment,
  look: (left: unknown, same: unknown) => void,
): () => void {
  const { step } = binding;
  binding.step = (...values) => {
    const { result, left, same } = callIn(environment(), step, ...values);
    look(left, same);
    return result;
  };
  return () => {
    binding.step = step;
  };
}
