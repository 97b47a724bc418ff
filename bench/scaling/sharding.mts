/**
 * N machines each hold the state of one N-th of the parameters and update those. Gradients are summed up where they are
 * needed (reduce-scatter), new parameters go to everybody (all-gather): of each, (N - 1) / N of 4 bytes a parameter leave
 * and enter every machine. With bandwidths in bytes a nanosecond:
 *
 *   saved:  elements * (N - 1) / N * bytes / memory
 *   spent:  elements * (N - 1) / N * traffic / network + messages * latency
 *
 * where `traffic` and `messages` are what the training would not have sent anyway. Both terms share (N - 1) / N, so the
 * number of machines decides nothing but the size, and sharding pays
 *
 *   if network > traffic / bytes * memory,
 *   from messages * latency * N / (N - 1) / (bytes / memory - traffic / network) elements on.
 */
import { bytesOf, type Contender } from '../contenders.mts';

export interface Network {
  readonly gigabits: number;
  /** Nanoseconds of a message. */
  readonly latency: number;
}

/** The latencies are those of TCP on the slower two, and of RDMA. */
export const networks: readonly Network[] = [
  { gigabits: 10, latency: 50e3 },
  { gigabits: 25, latency: 30e3 },
  { gigabits: 100, latency: 10e3 },
  { gigabits: 400, latency: 5e3 },
];

export const MACHINES = 8;

/** What the gradients do without sharding. */
export interface Situation {
  readonly name: string;
  /** Bytes a parameter that only sharding sends and that the machine waits for. */
  readonly traffic: number;
  readonly messages: number;
}

/** In a ring, a reduce-scatter or an all-gather is N - 1 messages one after the other. */
const situations: readonly Situation[] = [
  // An all-reduce is a reduce-scatter and an all-gather: the same bytes, in two collectives rather than one.
  { name: 'all-reduced, waited for', traffic: 0, messages: 1 },
  // The reduce-scatter still hides behind the backward pass; the all-gather comes after the update.
  { name: 'all-reduced, behind the backward pass', traffic: 4, messages: MACHINES - 1 },
  { name: 'on one machine', traffic: 8, messages: 2 * (MACHINES - 1) },
];

/** A memory whose bandwidth the update would have on each machine. */
export interface Memory {
  readonly name: string;
  /** GB/s. */
  readonly bandwidth: number;
}

/** A row of the table of sharding. */
export interface BreakEven {
  readonly memory: Memory;
  readonly situation: Situation;
  /** For each network, the number of parameters from which on sharding is faster; infinite if it never is. */
  readonly from: number[];
}

export function breakEvens(rule: Contender, memories: readonly Memory[]): BreakEven[] {
  return situations.flatMap((situation) =>
    memories.map((memory) => ({
      memory,
      situation,
      from: networks.map((network) => breakEven(rule, memory.bandwidth, situation, network)),
    })),
  );
}

function breakEven(
  rule: Contender,
  memory: number,
  { traffic, messages }: Situation,
  { gigabits, latency }: Network,
): number {
  const saved = bytesOf(rule) / memory - traffic / (gigabits / 8);
  if (saved <= 0) return Number.POSITIVE_INFINITY;
  return (messages * latency * MACHINES) / (MACHINES - 1) / saved;
}

/** The network that sharding needs to be faster at any size, in Gbit/s. */
export function leastNetwork(rule: Contender, memory: number, { traffic }: Situation): number {
  return (8 * traffic * memory) / bytesOf(rule);
}

/** What sharding takes off an all-reduce that is waited for and the update after it, of many parameters. */
export function shareSaved(rule: Contender, memory: number, { gigabits }: Network): number {
  const others = (MACHINES - 1) / MACHINES;
  const update = bytesOf(rule) / memory;
  return (others * update) / ((others * 8) / (gigabits / 8) + update);
}

/** What a rule keeps in memory, and of what types. */
export interface Holding {
  readonly rule: string;
  readonly states: number;
  readonly types: string;
  /** Bytes of a parameter, and as many of its gradient. */
  readonly parameter: number;
  /** Bytes of one state of one parameter. */
  readonly state: number;
}

const rules = [
  { rule: 'SGD', states: 0 },
  { rule: 'RMSprop; SGD, momentum', states: 1 },
  { rule: 'RMSprop, momentum or centred; Adam', states: 2 },
  { rule: 'RMSprop, momentum, centred; Adam, amsgrad', states: 3 },
];

/** The states of 8 bits have a scale of 4 bytes for 256 of them. */
const types = [
  { types: 'float32', parameter: 4, state: 4 },
  { types: 'float32, states bfloat16', parameter: 4, state: 2 },
  { types: 'float32, states 8 bits', parameter: 4, state: 1 + 4 / 256 },
  { types: 'all bfloat16', parameter: 2, state: 2 },
  { types: 'float64', parameter: 8, state: 8 },
];

export const holdings: readonly Holding[] = types.flatMap((type) =>
  rules
    .filter(({ states }) => states > 0 || type.parameter === type.state)
    .map((rule) => ({ ...rule, ...type })),
);

/** Bytes that each of so many machines holds per parameter: only the states are shared out. */
export function bytesOnEach({ states, parameter, state }: Holding, machines: number): number {
  return 2 * parameter + (states * state) / machines;
}

/** The least number of machines that hold so many parameters; infinite if parameters and gradients alone are too much. */
export function machinesFor(
  { states, parameter, state }: Holding,
  elements: number,
  memory: number,
): number {
  const left = memory / elements - 2 * parameter;
  if (left < 0) return Number.POSITIVE_INFINITY;
  return states === 0 ? 1 : Math.max(1, Math.ceil((states * state) / left));
}
