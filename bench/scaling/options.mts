import { parseArgs } from 'node:util';
import { notNegative, page, writable } from '../options.mts';
import type { Plan } from './measured.mts';

export const help = `Measures what a step is made of, checks a model made of it, and predicts from it the step on other machines.

Usage: npm run bench:scaling -- [options]

  --patience N     seconds to wait for other programs to leave the processors idle (default: 30)
  --markdown FILE  replaces the tables of a page, docs/performance.md
  --json FILE      writes all figures
  --svg FILE       draws predictions and measurements there
  --quick          a few seconds, to see that it works: its figures mean nothing
  --help           this text
`;

export interface Options extends Plan {
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
  const sizes = quick ? [1e5, 1e6, 1e7] : [1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8];
  return {
    work: [
      { elements: 1e6, tensors: 1000 },
      ...sizes.map((elements) => ({ elements, tensors: 1 })),
    ],
    budget: {
      seconds: quick ? 1 : 50,
      timing: quick ? 0.2 : 1,
      leastRounds: 1,
      leastTimings: quick ? 1 : 11,
    },
    patience: quick ? 0 : notNegative('patience', values.patience),
    markdown: page('markdown', values.markdown),
    json: writable('json', values.json),
    svg: writable('svg', values.svg),
  };
}
