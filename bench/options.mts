import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { type Isa, runtime } from 'rmsprop';
import { type Contender, contenders } from './contenders.mts';
import type { Budget } from './measure.mts';
import { narrowTypes, type Types } from './narrow-types.mts';
import { peerKeys } from './peers/index.mts';
import { parseShape, type Shape } from './tensors.mts';

const rules = contenders.map(({ key }) => key);
const narrowKeys = narrowTypes.map(({ key }) => key);
const allSizes = '16,1K,16K,256K,1M,33M,200x1000,2000x100';

export const help = `Times optimizer steps against the limit loop, the same memory traffic with next to no arithmetic,
and against other implementations.

Usage: npm run bench -- [options]

  --only LIST     rules: ${rules.slice(0, 5).join(', ')},
                  ${rules.slice(5).join(', ')}
                  (default: all)
  --sizes LIST    elements of a tensor, or count x elements
                  (default: ${allSizes})
  --threads LIST  (default: 1 and all)
  --isa LIST      instruction sets, or typescript (default: the fastest, ${runtime().isa})
  --peers LIST    ${peerKeys.slice(0, 4).join(', ')},
                  ${peerKeys.slice(4).join(', ')}, or none
                  (default: all that are installed)
  --python FILE   a Python that has PyTorch, or jax and optax; see bench/README.md
  --narrow LIST   types of large tensors: ${narrowKeys.slice(0, 3).join(', ')},
                  ${narrowKeys.slice(3).join(', ')}, or none (default: all)
  --seconds N     for each case, less its preparation (default: 1.5)
  --patience N    seconds to wait in all for other programs to leave processors idle (default: 30)
  --markdown FILE replaces the tables of a page, docs/performance.md
  --json FILE     writes all figures
  --svg FOLDER    draws roofline.svg and peers.svg there
  --quick         a few seconds in all, to see that it works: its figures mean nothing
  --help          this text
`;

export interface Options {
  readonly contenders: Contender[];
  readonly shapes: Shape[];
  readonly threads: number[];
  readonly isas: Isa[];
  readonly peers: string[];
  readonly python: string | undefined;
  readonly narrow: Types[];
  readonly budget: Budget;
  /** Seconds. */
  readonly patience: number;
  /** A page that is there. */
  readonly markdown: string | undefined;
  readonly json: string | undefined;
  readonly svg: string | undefined;
}

/** Reads the command line; 'help' if that is all that was asked. */
export function readOptions(args: string[]): Options | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: rules.join() },
      sizes: { type: 'string' },
      threads: { type: 'string', default: `1,${runtime().threads}` },
      isa: { type: 'string', default: runtime().isa },
      peers: { type: 'string', default: peerKeys.join() },
      python: { type: 'string' },
      narrow: { type: 'string', default: narrowKeys.join() },
      seconds: { type: 'string', default: '1.5' },
      patience: { type: 'string', default: '30' },
      markdown: { type: 'string' },
      json: { type: 'string' },
      svg: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  if (values.help) return 'help';
  const { quick } = values;
  const only = some('only', rules, list(values.only));
  const narrow = values.narrow === 'none' ? [] : some('narrow', narrowKeys, list(values.narrow));
  return {
    contenders: contenders.filter(({ key }) => only.includes(key)),
    shapes: list(values.sizes ?? (quick ? '16K,1M,200x1000' : allSizes)).map(parseShape),
    threads: list(values.threads).map(threadCount),
    isas: some('isa', runtime().availableIsas, list(values.isa)),
    peers: values.peers === 'none' ? [] : some('peers', peerKeys, list(values.peers)),
    python: quick ? undefined : values.python,
    narrow: narrowTypes.filter(({ key }) => narrow.includes(key)),
    budget: quick
      ? { seconds: 0.05, timing: 0.2, leastRounds: 3, leastTimings: 1 }
      : {
          seconds: positive('seconds', values.seconds),
          timing: 1,
          leastRounds: 11,
          leastTimings: 5,
        },
    patience: quick ? 0 : notNegative('patience', values.patience),
    markdown: page('markdown', values.markdown),
    json: writable('json', values.json),
    svg: folder('svg', values.svg),
  };
}

/** What is separated by commas, once each. */
export function list(text: string): string[] {
  return [...new Set(text.split(',').map((item) => item.trim()))];
}

export function some<Name extends string>(
  option: string,
  names: readonly Name[],
  texts: string[],
): Name[] {
  const unknown = texts.find((text) => !names.includes(text as Name));
  if (unknown === undefined) return texts as Name[];
  throw wrong(option, `some of ${names.join(', ')}`, unknown);
}

function threadCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1024) return count;
  throw wrong('threads', 'whole numbers from 1 to 1024', text);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw wrong(option, 'above 0', text);
}

export function notNegative(option: string, text: string): number {
  const value = Number(text);
  if (value >= 0) return value;
  throw wrong(option, 'a number of at least 0', text);
}

/** A wrong path is told before the measurement and not after it. */
export function writable(option: string, path: string | undefined): string | undefined {
  if (path === undefined || (!isFolder(path) && isFolder(dirname(path)))) return path;
  throw wrong(option, 'a file in a folder that exists', path);
}

/** Its tables are to be replaced. */
export function page(option: string, path: string | undefined): string | undefined {
  if (path === undefined || statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  throw wrong(option, 'a page that exists', path);
}

function folder(option: string, path: string | undefined): string | undefined {
  if (path === undefined || isFolder(path)) return path;
  throw wrong(option, 'a folder that exists', path);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function wrong(option: string, expected: string, received: string): RangeError {
  return new RangeError(`Expected --${option} to be ${expected}, but received '${received}'`);
}
