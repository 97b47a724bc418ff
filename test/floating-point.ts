import { createRequire } from 'node:module';
import { join } from 'node:path';
import { binding } from './binding.js';
import { compile } from './compile.js';

/** How a thread of an x86-64 processor computes: its registers MXCSR, and for x87 numbers the control word. */
export interface Environment {
  readonly mxcsr: number;
  readonly x87Control: number;
}

/** To the nearest, denormal numbers kept, nothing trapped, no exception so far; 64 bits of fraction in x87 registers. */
export const plain: Environment = { mxcsr: 0x1f80, x87Control: 0x37f };

const FLUSH_TO_ZERO = 0x8000;
const DENORMALS_ARE_ZERO = 0x40;
const EXCEPTIONS = 0x3f;
const [DOWN, UP, TO_ZERO] = [1, 2, 3].map((mode) => ({
  mxcsr: plain.mxcsr | (mode << 13),
  x87Control: plain.x87Control | (mode << 10),
})) as [Environment, Environment, Environment];
/** In x87 registers. */
const HALF_THE_FRACTION = 0x100;

/** What a host may have set. */
export const environments: Record<string, Environment> = {
  'denormal numbers flushed to zero': {
    ...plain,
    mxcsr: plain.mxcsr | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO,
  },
  'rounded down': DOWN,
  'rounded up': UP,
  'rounded towards zero': TO_ZERO,
  'x87 numbers rounded to 53 bits': {
    ...plain,
    x87Control: plain.x87Control & ~HALF_THE_FRACTION,
  },
  'all of these, and every exception has occurred': {
    mxcsr: UP.mxcsr | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO | EXCEPTIONS,
    x87Control: UP.x87Control & ~HALF_THE_FRACTION,
  },
  'every exception trapped': { mxcsr: 0, x87Control: plain.x87Control & ~EXCEPTIONS },
};

type Call = (
  mxcsr: number,
  x87Control: number,
  f: (...values: never[]) => unknown,
  ...values: unknown[]
) => [unknown, number, number, number];

let call: Call | undefined;
function compiled(): Call {
  if (call) return call;
  const require = createRequire(__filename);
  const headers = (require('node-api-headers') as { include_dir: string }).include_dir;
  const module = join(__dirname, '../build/floating-point.node');
  const source = join(__dirname, 'floating-point.cpp');
  compile('-shared', '-fPIC', '-I', headers, source, '-o', module);
  call = (require(module) as { call: Call }).call;
  return call;
}

/** Calls a function in an environment, with at most 60 arguments. Tells the result, and which environment it left. */
export function callIn<T>(
  { mxcsr, x87Control }: Environment,
  f: (...values: never[]) => T,
  ...values: unknown[]
) {
  const [result, ...registers] = compiled()(mxcsr, x87Control, f, ...values);
  const [mxcsrAfter, x87ControlAfter, x87Exceptions] = registers as [number, number, number];
  const left = { mxcsr: mxcsrAfter, x87Control: x87ControlAfter, x87Exceptions };
  return { result: result as T, left, same: { mxcsr, x87Control, x87Exceptions: 0 } };
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
