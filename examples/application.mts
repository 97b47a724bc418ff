import { setImmediate } from 'node:timers/promises';
import type { TopLevelSpec } from 'vega-lite';
import { integer, parse, writable } from './options.mts';
import { engine, main, write } from './output.mts';
import { showProgress } from './progress.mts';
import { percent, significant } from './results.mts';
import { type Panel, style, toSvg } from './svg.mts';

/** What an application is told. */
export interface Settings {
  seed: number;
  rounds: number;
  /** Whether to make do with the small data that come with the project. */
  quick: boolean;
  /** Where the data are, if the user says so. */
  folder: string | undefined;
  /** Those of its own that are set. */
  flags: Set<string>;
}

/** How it stands after a round of training. */
export interface Standing {
  /** On what was learned from, in this round. */
  loss: number;
  /** What counts, by name; on data that nobody learned from. */
  measures: Record<string, number>;
}

export interface Application {
  /** `npm run NAME`. */
  name: string;
  about: string;
  /** What a round is. */
  unit: string;
  /** How many there are, in a short form, too. */
  rounds: number;
  quickRounds: number;
  /** What measures must reach at the end, in a short form, too. */
  goals: Record<string, number>;
  quickGoals: Record<string, number>;
  /** How a measure is written; percent by default. */
  show?: (measure: number) => string;
  /** Options of its own that are set or not, with what they mean. */
  flags?: Record<string, string>;
  /** Trains; tells how it stands after every round. */
  train(settings: Settings, say: (fact: string) => void): AsyncGenerator<Standing>;
}

/** Runs an application from the command line: progress, a result against its goals, a figure. */
export function run(application: Application): Promise<void> {
  const { name, unit, rounds, quickRounds, show = percent, flags = {} } = application;
  return main(async () => {
    const values = parse(process.argv.slice(2), {
      seed: { type: 'string' },
      rounds: { type: 'string' },
      folder: { type: 'string' },
      quick: { type: 'boolean' },
      svg: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(Object.keys(flags).map((flag) => [flag, { type: 'boolean' } as const])),
    });
    if (values.help) return process.stdout.write(help(application));
    const quick = values.quick ?? false;
    const svg = values.svg === undefined ? undefined : writable('svg', values.svg);
    const settings: Settings = {
      seed: integer('seed', values.seed, 0, Number.MAX_SAFE_INTEGER) ?? 1,
      rounds: integer('rounds', values.rounds, 1, 1_000_000) ?? (quick ? quickRounds : rounds),
      quick,
      folder: values.folder,
      flags: new Set(Object.keys(flags).filter((flag) => flag in values)),
    };

    console.log(engine());
    const start = performance.now();
    const standings: Standing[] = [];
    const said: string[] = [];
    const progress = showProgress(name, settings.rounds, unit);
    for await (const standing of application.train(settings, (fact) => said.push(fact))) {
      standings.push(standing);
      progress.update(standings.length, describe(standing, show));
      await setImmediate(); // lets Ctrl-C and the terminal have their turn
    }
    progress.done();
    const seconds = (performance.now() - start) / 1000;
    for (const fact of said) console.log(fact);

    const end = standings[standings.length - 1];
    const goals = quick ? application.quickGoals : application.goals;
    const results = Object.entries(end.measures).map(([measure, value]) => {
      const goal = goals[measure];
      const reached = goal === undefined || value >= goal;
      const verdict =
        goal === undefined ? '' : ` (goal ${show(goal)}: ${reached ? 'reached' : 'MISSED'})`;
      return { reached, text: `${measure} ${show(value)}${verdict}` };
    });
    console.log(
      `${name}, seed ${settings.seed}, ${seconds.toFixed(0)} s: ${results.map(({ text }) => text).join('; ')}`,
    );
    if (svg !== undefined) write(svg, await toSvg(figure(application, standings)));
    if (!results.every(({ reached }) => reached)) process.exitCode = 1;
  });
}

function help({ name, about, unit, rounds, quickRounds, flags = {} }: Application): string {
  const own = Object.entries(flags).map(
    ([flag, meaning]) => `  --${flag.padEnd(11)}  ${meaning}\n`,
  );
  return `${about}

Usage: npm run ${name} -- [options]

  --rounds N     how many ${unit === 'epoch' ? 'epochs' : `times a ${unit}`} (default: ${rounds})
  --seed N       of everything that is random (default: 1)
  --folder PATH  where the data are, if not where their package puts them
  --quick        only ${quickRounds}, on the little data that come with the project
  --svg FILE     the curves
${own.join('')}  --help         this text
`;
}

function describe({ loss, measures }: Standing, show: (measure: number) => string): string {
  const all = Object.entries(measures).map(([name, value]) => `${name} ${show(value)}`);
  return [`loss ${significant(loss)}`, ...all].join(', ');
}

/** The loss, and beside it what counts. */
export function figure(
  { about, unit, goals }: Pick<Application, 'about' | 'unit' | 'goals'>,
  standings: Standing[],
): TopLevelSpec {
  const measures = Object.keys(standings[0].measures);
  const x = {
    field: 'round',
    type: 'quantitative',
    scale: { nice: false },
    axis: { title: unit, grid: false, tickMinStep: 1 },
  } as const;
  const values = standings.flatMap(({ loss, measures }, i) => [
    { round: i + 1, series: 'loss', value: loss },
    ...Object.entries(measures).map(([series, value]) => ({ round: i + 1, series, value })),
  ]);
  const panel = (title: string, filter: string, scale: object, rules: number[]): Panel => ({
    width: 360,
    height: 240,
    title,
    layer: [
      {
        transform: [{ filter }],
        mark: { type: 'line', strokeWidth: 2, point: standings.length <= 30 },
        encoding: {
          x,
          y: { field: 'value', type: 'quantitative', scale, axis: { title: null } },
          color: {
            field: 'series',
            scale: { range: ['#000000', '#0072b2', '#d55e00', '#009e73'] },
            legend: measures.length > 1 ? { title: null, orient: 'bottom' } : null,
          },
        },
      },
      {
        data: { values: rules.map((goal) => ({ goal })) },
        mark: { type: 'rule', strokeDash: [2, 4], stroke: '#555' },
        encoding: { y: { field: 'goal', type: 'quantitative' } },
      },
    ],
  });
  return {
    background: 'white',
    padding: 12,
    title: about,
    data: { values },
    hconcat: [
      panel('Loss', "datum.series === 'loss'", { zero: false }, []),
      panel(measures.join(', '), "datum.series !== 'loss'", { zero: false }, Object.values(goals)),
    ],
    config: style,
  };
}
