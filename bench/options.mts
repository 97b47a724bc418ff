import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Isa, runtime } from 'rmsprop';
import type { Budget } from './measure.mts';
import { parseShape, type Shape } from './tensors.mts';

export const help = `Times optimizer steps against the limit loop: the same memory traffic with next to no arithmetic.

Usage: npm run bench -- [options]

  --sizes LIST    elements of a tensor, or count x elements (default: 16K,256K,1M,33M,200x1000)
  --threads LIST  (default: 1 and all)
  --isa LIST      instruction sets, or typescript (default: the fastest, ${runtime().isa})
  --seconds N     for each case, less its preparation (default: 5)
  --quick         a few seconds in all, to see that it works: its figures mean nothing
  --json FILE     writes the figures, too
  --help          this text
`;

export interface Options {
  readonly shapes: Shape[];
  readonly threads: number[];
  readonly isas: Isa[];
  readonly budget: Budget;
  readonly json: string | undefined;
}

/** Reads the command line; 'help' if that is all that was asked. */
export function readOptions(args: string[]): Options | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      sizes: { type: 'string' },
      threads: { type: 'string', default: `1,${availableParallelism()}` },
      isa: { type: 'string', default: runtime().isa },
      seconds: { type: 'string', default: '5' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  if (values.help) return 'help';
  const { quick } = values;
  const sizes = values.sizes ?? (quick ? '16K,1M,200x1000' : '16K,256K,1M,33M,200x1000');
  return {
    shapes: list(sizes).map(parseShape),
    threads: list(values.threads).map(threadCount),
    isas: list(values.isa).map(availableIsa),
    budget: quick
      ? { seconds: 0.2, timing: 0.2, leastRounds: 3 }
      : { seconds: positive('seconds', values.seconds), timing: 1, leastRounds: 11 },
    json: values.json,
  };
}

function list(text: string): string[] {
  return [...new Set(text.split(',').map((item) => item.trim()))];
}

function threadCount(text: string): number {
  const count = Number(text);
  if (!(Number.isInteger(count) && count >= 1 && count <= 1024)) {
    const expected = 'Expected --threads to be whole numbers from 1 to 1024';
    throw new RangeError(`${expected}, but received '${text}'`);
  }
  return count;
}

function availableIsa(text: string): Isa {
  const { availableIsas } = runtime();
  if (!availableIsas.includes(text as Isa)) {
    const expected = `Expected --isa to be some of ${availableIsas.join(', ')}`;
    throw new RangeError(`${expected}, but received '${text}'`);
  }
  return text as Isa;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new RangeError(`Expected --${name} to be above 0, but received '${text}'`);
  }
  return value;
}
