/**
 * The time of a step from bytes and bandwidths:
 *
 *   call + (tensors - 1) * tensor + max(elements * arithmetic / threads, elements * bytes / bandwidth) + team
 *
 * Where all that an optimizer holds lies in the first caches of its threads, they are part of the arithmetic, which is
 * measured there. Beyond, each thread gets the bandwidth of one core, and all together no more than there is: that of the
 * last cache for what is still there from the step before, that of the memory for the rest.
 */
import { bytesOf, type Contender } from '../contenders.mts';

/** What a rule takes of a processor, in nanoseconds. */
export interface RuleCost {
  readonly rule: Contender;
  /** Of a step on next to no elements. */
  readonly call: number;
  /** Of each tensor but the first. */
  readonly tensor: number;
  /** Per element, in the first caches of one core. */
  readonly arithmetic: number;
}

/** GB/s, which is bytes a nanosecond: what one core gets, and all of them. */
export interface Bandwidth {
  readonly core: number;
  readonly all: number;
}

export interface Computer {
  readonly name: string;
  /** Bytes of the second-level cache of each core. */
  readonly secondLevel: number;
  /** Bytes of the last cache, which all cores share. */
  readonly lastLevel: number;
  readonly cache: Bandwidth;
  readonly memory: Bandwidth;
  /** Nanoseconds that it takes to start two threads and to wait for them, twice as many for four, and so on. */
  readonly team: number;
}

/** How much of the last cache a step finds as the step before left it. The one number here that is fitted. */
const KEPT = 0.5;

export interface Work {
  /** Of all tensors together. */
  readonly elements: number;
  readonly tensors: number;
}

/** Bytes that stay in memory for each parameter: itself, its gradient and its states. */
export function bytesHeld(states: number): number {
  return Float32Array.BYTES_PER_ELEMENT * (2 + states);
}

/** Nanoseconds of a step, if it may use so many cores. */
export function stepTime(
  { rule, call, tensor, arithmetic }: RuleCost,
  computer: Computer,
  { elements, tensors }: Work,
  cores: number,
): number {
  const threads = threadsFor(elements, cores);
  const traffic = elements * bytesOf(rule);
  const byte = nanosecondsOfByte(computer, elements * bytesHeld(rule.states), threads);
  const sweep = Math.max((elements * arithmetic) / threads, traffic * byte);
  return call + (tensors - 1) * tensor + sweep + computer.team * Math.log2(threads);
}

/** As native/engine.cpp decides it. */
function threadsFor(elements: number, cores: number): number {
  return elements < 262144 ? 1 : Math.min(cores, Math.floor(elements / 16384));
}

function nanosecondsOfByte(
  { secondLevel, lastLevel, cache, memory }: Computer,
  footprint: number,
  threads: number,
): number {
  if (footprint <= threads * secondLevel) return 0;
  const reached = ({ core, all }: Bandwidth) => Math.min(threads * core, all);
  const kept = Math.min(1, (KEPT * lastLevel) / footprint);
  return kept / reached(cache) + (1 - kept) / reached(memory);
}
