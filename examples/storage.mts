/**
 * Trains the small network of the comparison with parameters and states of fewer bits: what they cost in accuracy and loss,
 * and what they save in memory. `npm run storage -- --help` lists the options.
 */
import type { StorageOptions } from 'rmsprop';
import type { TopLevelSpec } from 'vega-lite';
import { decode, encode } from './bfloat16.mts';
import { type Contender, contenders, type Optimizer, type Tensors } from './contenders.mts';
import { type Dataset, datasets } from './datasets.mts';
import { Network, type Parameters } from './network.mts';
import { integer, parse, writable } from './options.mts';
import { engine, main, write } from './output.mts';
import { Random } from './random.mts';
import { type Column, last, percent, significant, textTable } from './results.mts';
import { type Panel, style, toSvg } from './svg.mts';
import { type Point, train } from './training.mts';

const help = `Trains the network of npm start on the digits with narrow parameters and states.

Usage: npm run storage -- [options]

  --seeds N    runs of each, with the seeds from 1 on (default: 5)
  --quick      one seed, and a tenth of the epochs
  --svg FILE   a chart
  --help       this text
`;

/** A way to store parameters and states. */
interface Way {
  name: string;
  storage: StorageOptions;
}

const ways: Way[] = [
  { name: 'all float32', storage: {} },
  { name: 'bfloat16 states', storage: { stateType: 'bfloat16' } },
  { name: '8-bit states', storage: { stateType: 'uint8' } },
  { name: 'bfloat16 with copy', storage: { dtype: 'bfloat16', masterCopy: true } },
  {
    name: 'bfloat16 with copy, 8-bit states',
    storage: { dtype: 'bfloat16', masterCopy: true, stateType: 'uint8' },
  },
  { name: 'bfloat16', storage: { dtype: 'bfloat16' } },
  { name: 'bfloat16, 8-bit states', storage: { dtype: 'bfloat16', stateType: 'uint8' } },
];

interface Result {
  contender: Contender;
  way: string;
  /** Of parameters and states, for each parameter. */
  bytes: number;
  /** At the end of training, for each seed. */
  ends: Point[];
}

const columns: Column<Result>[] = [
  {
    heading: ['', 'optimizer and storage'],
    text: ({ contender, way }) => `${contender.name}: ${way}`,
  },
  { heading: ['bytes per', 'parameter'], text: ({ bytes }) => bytes.toFixed(2) },
  { heading: ['final loss', '(seeds)'], text: spread(({ loss }) => loss, significant) },
  { heading: ['test accuracy', '(seeds)'], text: spread(({ accuracy }) => accuracy, percent) },
];

const shape = { hidden: 128, batch: datasets.digits.batch };

await main(async () => {
  const values = parse(process.argv.slice(2), {
    seeds: { type: 'string' },
    quick: { type: 'boolean' },
    svg: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return process.stdout.write(help);
  const svg = values.svg === undefined ? undefined : writable('svg', values.svg);
  const seeds = integer('seeds', values.seeds, 1, 1000) ?? (values.quick ? 1 : 5);
  const epochs = Math.ceil(datasets.digits.epochs / (values.quick ? 10 : 1));

  console.log(`${engine()}\n${epochs} epochs, the seeds 1 to ${seeds}\n`);
  const results: Result[] = [];
  for (const contender of contenders.filter(({ key }) => key === 'rmsprop' || key === 'adam')) {
    for (const way of ways) results.push(await measure(contender, way, seeds, epochs));
  }
  console.log(textTable(columns, results));
  if (svg !== undefined) write(svg, await toSvg(chart(results)));
});

async function measure(
  contender: Contender,
  { name, storage }: Way,
  seeds: number,
  epochs: number,
): Promise<Result> {
  const ends: Point[] = [];
  let bytes = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const dataset = datasets.digits.load(new Random(seed));
    const stored = { ...contender, create: creator(contender, { ...storage, seed }) };
    bytes = bytesOf(stored, dataset, storage);
    ends.push(last(await train(stored, dataset, { ...shape, seed, epochs }, () => {})));
  }
  return { contender, way: name, bytes, ends };
}

/** Makes optimizers that store like this, for a network that computes in float32 all the same. */
function creator({ create }: Contender, storage: StorageOptions): Contender['create'] {
  return (parameters) =>
    storage.dtype === 'bfloat16'
      ? inBfloat16(parameters as Parameters, (codes) => create(codes, storage))
      : create(parameters, storage);
}

/** The parameters of the network are copies of those of the optimizer, as they would be on another device. */
function inBfloat16(numbers: Parameters, create: (codes: Tensors) => Optimizer): Optimizer {
  const names = Object.keys(numbers) as (keyof Parameters)[];
  const codesLike = () =>
    Object.fromEntries(
      names.map((name) => [name, new Uint16Array(numbers[name].length)]),
    ) as Record<keyof Parameters, Uint16Array>;
  const [codes, gradients] = [codesLike(), codesLike()];
  for (const name of names) encode(numbers[name], codes[name]);
  const optimizer = create(codes);
  const publish = () => {
    for (const name of names) decode(codes[name], numbers[name]);
  };
  publish();
  return {
    step(given) {
      for (const name of names) encode((given as Parameters)[name], gradients[name]);
      optimizer.step(gradients);
      publish();
    },
    swapInAverages() {
      optimizer.swapInAverages();
      publish();
    },
    swapOutAverages() {
      optimizer.swapOutAverages();
      publish();
    },
    stateDict: () => optimizer.stateDict(),
  };
}

function bytesOf({ create }: Contender, { pixels, classes }: Dataset, { dtype }: StorageOptions) {
  const { parameters } = new Network(pixels, shape.hidden, classes, new Random(0));
  const count = Object.values(parameters).reduce((sum, { length }) => sum + length, 0);
  const { groups } = create(parameters).stateDict();
  const states = groups.flatMap(({ tensors }) =>
    tensors.flatMap(({ state }) => Object.values(state)),
  );
  const bytes = states.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return (dtype === 'bfloat16' ? 2 : 4) + bytes / count;
}

function mean(values: number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** The mean over the seeds, and the least and the largest. */
function spread(of: (end: Point) => number, show: (x: number) => string) {
  return ({ ends }: Result) => {
    const values = ends.map(of);
    const range = `${show(Math.min(...values))} to ${show(Math.max(...values))}`;
    return ends.length === 1 ? show(values[0]) : `${show(mean(values))}  (${range})`;
  };
}

function chart(results: Result[]): TopLevelSpec {
  const rules = [...new Map(results.map(({ contender }) => [contender.name, contender])).values()];
  const optimizer = { field: 'optimizer', type: 'nominal' } as const;
  const way = { field: 'way', type: 'nominal', sort: null } as const;
  const points = results.flatMap(({ contender, way, bytes, ends }) =>
    ends.map((end) => ({ optimizer: contender.name, way, bytes, ...end })),
  );
  const color = {
    ...optimizer,
    sort: null,
    scale: { domain: rules.map(({ name }) => name), range: rules.map(({ colour }) => colour) },
    legend: { title: null, orient: 'bottom', symbolType: 'square', symbolOpacity: 1 },
  } as const;
  const rows = (labels: boolean) =>
    ({
      y: {
        ...way,
        axis: {
          title: null,
          labelLimit: 0,
          labelPadding: 8,
          ticks: false,
          domain: false,
          labels,
          grid: true,
        },
      },
      yOffset: { ...optimizer, sort: null },
      color,
    }) as const;
  const size = { width: 220, height: 280 };
  const seeds = (field: 'loss' | 'accuracy', title: string, axis: object): Panel => ({
    ...size,
    title,
    layer: [
      {
        mark: { type: 'point', filled: true, size: 36, opacity: 0.45 },
        encoding: {
          x: { field, type: 'quantitative', scale: { zero: false, nice: true }, axis },
          ...rows(false),
        },
      },
      {
        mark: { type: 'tick', thickness: 3, size: 16 },
        encoding: { x: { field, aggregate: 'mean', type: 'quantitative' }, ...rows(false) },
      },
    ],
  });
  return {
    background: 'white',
    padding: 12,
    data: { values: points },
    hconcat: [
      {
        ...size,
        title: 'Bytes per parameter, with states',
        layer: [
          {
            mark: { type: 'bar' },
            encoding: {
              x: {
                field: 'bytes',
                aggregate: 'mean',
                type: 'quantitative',
                axis: { title: null, tickCount: 5 },
              },
              ...rows(true),
            },
          },
        ],
      },
      seeds('loss', 'Final training loss', { title: null, tickCount: 4, labelOverlap: false }),
      seeds('accuracy', 'Test accuracy', {
        title: null,
        tickCount: 4,
        labelOverlap: false,
        format: '.1%',
      }),
    ],
    config: style,
  };
}
