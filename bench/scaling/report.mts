import { type Column, markdownTable, significant, type Table, textTable } from '../table.mts';
import { type Measured, type Timed, undisturbed } from './measured.mts';
import type { Bandwidth, RuleCost } from './model.mts';
import { coreCounts, type Prediction, SUSTAINED } from './servers.mts';
import {
  type BreakEven,
  bytesOnEach,
  type Holding,
  holdings,
  leastNetwork,
  MACHINES,
  type Memory,
  machinesFor,
  networks,
  shareSaved,
} from './sharding.mts';

/** A step as the model predicts it, and as it is. */
export interface Check extends Timed {
  /** Nanoseconds. */
  readonly predicted: number;
}

export interface Figures {
  readonly measured: Measured;
  readonly checks: readonly Check[];
  readonly predictions: readonly Prediction[];
  readonly memories: readonly Memory[];
  readonly sharding: readonly BreakEven[];
}

/** Parameters and bytes on paper, for the last table. */
const MANY = 1e10;
const MEMORY = 128 * 2 ** 30;

/** All tables, each under a line that says what it is. */
export function report(figures: Figures): string {
  const [rmsprop] = figures.measured.costs;
  const tables = tablesOf(figures, textTable);
  const parts = [
    'time = call + (tensors - 1) * tensor + max(elements * arithmetic / threads, elements * bytes / bandwidth) + team',
    'The bandwidth is that of one core for each thread, but no more than there is: of the last cache for as many bytes as half of it holds, of the memory for all others. In the first caches it is part of the arithmetic.',
    tables.model,
    'The model against the step on this machine.',
    tables.check,
    `Predicted steps of ${rmsprop.rule.name}, by cores. The memory gives ${100 * SUSTAINED} % of what its channels could.`,
    tables.servers,
    'Sharding takes off elements * (N - 1) / N * bytes / memory, and adds elements * (N - 1) / N * traffic / network + messages * latency: it pays if network > traffic / bytes * memory, from messages * latency * N / (N - 1) / (bytes / memory - traffic / network) parameters on.',
    `For ${rmsprop.rule.name} and N = ${MACHINES}, with latencies of ${networks.map(({ latency }) => duration(latency)).join(', ')}: the parameters from which on it pays, and the network that it takes.`,
    tables.sharding,
    `What sharding takes off an all-reduce that is waited for and the update after it, of many parameters.`,
    tables.saved,
    'What has to be in memory: parameters, gradients and states.',
    tables.holdings,
  ];
  return parts.join('\n\n');
}

/** The same for a page, by name. */
export function parts(figures: Figures): Record<string, string> {
  const tables = Object.entries(tablesOf(figures, markdownTable));
  return Object.fromEntries(tables.map(([name, text]) => [`scaling ${name}`, text]));
}

function tablesOf({ measured, checks, predictions, memories, sharding }: Figures, table: Table) {
  const { computer, costs, threads, asleep, timings } = measured;
  const model = [
    `What the model is made of: lower quartiles of ${timings} timings.`,
    table(costColumns, costs),
    table<[string, Bandwidth]>(bandwidthColumns(threads), [
      [`memory`, computer.memory],
      [`last cache, ${megabytes(computer.lastLevel)}`, computer.cache],
    ]),
    `First caches: ${megabytes(computer.secondLevel)} a core. Starting and joining ${threads} threads: ${duration(computer.team * Math.log2(threads))}, after a rest ${duration(asleep)}.`,
  ];
  return {
    model: model.join('\n\n'),
    check: `${table(checkColumns, checks)}\n\n${worst(checks)}`,
    servers: table(predictionColumns, predictions),
    sharding: table(breakEvenColumns(costs), sharding),
    saved: table(savingColumns(costs[0]), memories),
    holdings: table(holdingColumns, holdings),
  };
}

/** 1500000 is 1.5 ms. */
export function duration(nanoseconds: number): string {
  const units = ['ns', 'us', 'ms', 's'];
  const unit = Math.min(3, Math.max(0, Math.floor(Math.log10(nanoseconds) / 3)));
  return `${significant(nanoseconds / 1000 ** unit)} ${units[unit]}`;
}

/** 10^5, 3 x 10^5; 'never' where no number is enough. */
function power(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'never';
  const [digits, exponent] = value.toExponential(1).split('e+');
  return digits === '1.0' ? `10^${exponent}` : `${Number(digits)} x 10^${exponent}`;
}

const megabytes = (bytes: number) => `${significant(bytes / 2 ** 20)} MB`;
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

const costColumns: Column<RuleCost>[] = [
  { title: 'rule', words: true, cell: ({ rule }) => rule.name },
  { title: 'call', cell: ({ call }) => duration(call) },
  { title: 'further tensor', cell: ({ tensor }) => duration(tensor) },
  { title: 'element in the first caches', cell: ({ arithmetic }) => duration(arithmetic) },
];

const bandwidthColumns = (threads: number): Column<[string, Bandwidth]>[] => [
  { title: 'GB/s', words: true, cell: ([name]) => name },
  { title: '1 thread', cell: ([, { core }]) => significant(core) },
  { title: `${threads} threads`, cell: ([, { all }]) => significant(all) },
];

const ratio = ({ predicted, time }: Check) => predicted / undisturbed(time);

const checkColumns: Column<Check>[] = [
  { title: 'rule', words: true, cell: ({ rule }) => rule.name },
  { title: 'parameters', cell: ({ elements }) => power(elements) },
  { title: 'tensors', cell: ({ tensors }) => `${tensors}` },
  { title: 'threads', cell: ({ threads }) => `${threads}` },
  { title: 'predicted', cell: ({ predicted }) => duration(predicted) },
  { title: 'measured', cell: ({ time }) => duration(undisturbed(time)) },
  { title: 'upper quartile', cell: ({ time }) => duration(time.upper) },
  { title: 'ratio', cell: (check) => ratio(check).toFixed(2) },
];

function worst(checks: readonly Check[]): string {
  const ratios = checks.map(ratio).sort((a, b) => a - b);
  const middle = ratios.slice(Math.floor(ratios.length / 4), Math.ceil((3 * ratios.length) / 4));
  const text = (value: number | undefined) => value?.toFixed(2);
  return `Predicted over measured: from ${text(ratios[0])} to ${text(ratios.at(-1))}, the middle half from ${text(middle[0])} to ${text(middle.at(-1))}.`;
}

const predictionColumns: Column<Prediction>[] = [
  {
    title: 'memory, GB/s sustained',
    words: true,
    cell: ({ server }) => `${server.name}, ${significant(server.memory.all)}`,
  },
  { title: 'parameters', cell: ({ elements }) => power(elements) },
  ...coreCounts.map((cores, i) => ({
    title: `${cores}`,
    cell: ({ times }: Prediction) => duration(times[i]),
  })),
];

const memoryColumns: Column<Memory>[] = [
  { title: 'memory', words: true, cell: ({ name }) => name },
  { title: 'GB/s', cell: ({ bandwidth }) => significant(bandwidth) },
];

const breakEvenColumns = (costs: readonly RuleCost[]): Column<BreakEven>[] => [
  { title: 'gradients', words: true, cell: ({ situation }) => situation.name },
  { title: 'bytes', cell: ({ situation }) => `${situation.traffic}` },
  { title: 'messages', cell: ({ situation }) => `${situation.messages}` },
  ...memoryColumns.map(({ cell, ...column }) => ({
    ...column,
    cell: ({ memory }: BreakEven) => cell(memory),
  })),
  ...networks.map(({ gigabits }, i) => ({
    title: `${gigabits} Gbit/s`,
    cell: ({ from }: BreakEven) => power(from[i]),
  })),
  ...costs.slice(0, 2).map(({ rule }) => ({
    title: `${rule.name} needs`,
    cell: ({ memory, situation }: BreakEven) => {
      const least = leastNetwork(rule, memory.bandwidth, situation);
      return least === 0 ? 'any' : `${least.toFixed(0)} Gbit/s`;
    },
  })),
];

const savingColumns = ({ rule }: RuleCost): Column<Memory>[] => [
  ...memoryColumns,
  ...networks.map((network) => ({
    title: `${network.gigabits} Gbit/s`,
    cell: ({ bandwidth }: Memory) => percent(shareSaved(rule, bandwidth, network)),
  })),
];

const holdingColumns: Column<Holding>[] = [
  { title: 'rule', words: true, cell: ({ rule }) => rule },
  { title: 'types', words: true, cell: ({ types }) => types },
  { title: 'bytes a parameter', cell: (holding) => significant(bytesOnEach(holding, 1)) },
  {
    title: `on each of ${MACHINES}`,
    cell: (holding) => significant(bytesOnEach(holding, MACHINES)),
  },
  ...[16, 128, 1024].map((gigabytes) => ({
    title: `most in ${gigabytes} GB`,
    cell: (holding: Holding) => power((gigabytes * 2 ** 30) / bytesOnEach(holding, 1)),
  })),
  {
    title: `machines of 128 GB for ${power(MANY)}`,
    cell: (holding) => {
      const machines = machinesFor(holding, MANY, MEMORY);
      return machines === Number.POSITIVE_INFINITY ? 'none hold it' : `${machines}`;
    },
  },
];
