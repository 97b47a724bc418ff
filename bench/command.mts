import { parseArgs } from 'node:util';
import { describeMachine, machineLine } from './machine.mts';
import { notNegative, page } from './options.mts';
import { Patience } from './quiet.mts';

/** What the smaller benchmarks are told. */
export interface Command<Own extends string> {
  /** The options of its own. */
  readonly own: Readonly<Record<Own, string>>;
  readonly quick: boolean;
  readonly patience: Patience;
  /** A page that is there. */
  readonly markdown: string | undefined;
  /** What this is measured on. */
  readonly title: string;
}

/**
 * Runs a benchmark from the command line: tells its options if that is all that was asked, and in a sentence what is wrong.
 *
 * @param own options of its own, and what they are if they are not given
 */
export async function command<Own extends string>(
  help: string,
  own: Readonly<Record<Own, string>>,
  run: (command: Command<Own>) => Promise<void>,
): Promise<void> {
  const strings = Object.entries<string>(own).map(([name, value]) => {
    return [name, { type: 'string', default: value }] as const;
  });
  try {
    const { values } = parseArgs({
      options: {
        ...Object.fromEntries(strings),
        patience: { type: 'string', default: '30' },
        markdown: { type: 'string' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    });
    if (values.help) {
      process.stdout.write(help);
      return;
    }
    const { quick, patience, markdown, help: _, ...given } = values;
    await run({
      own: given as Record<Own, string>,
      quick,
      patience: new Patience(quick ? 0 : notNegative('patience', patience)),
      markdown: page('markdown', markdown),
      title: machineLine(describeMachine(), new Date()),
    });
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}
