import { createHash } from 'node:crypto';
import { failure } from '../errors.js';
import { encodeJson } from '../json.js';
import { rankFailed, whoHas } from './faults.js';
import { gather } from './gather.js';
import type { Ranks } from './ranks.js';

/** What a rank has made ready, and what it says of it: as JSON the same on all ranks. */
export interface Prepared<T> {
  readonly value: T;
  readonly statement: object;
}

/**
 * Makes `prepare` on all ranks, and goes on if it worked on all of them and they say the same. Throws on all ranks otherwise:
 * on those where it threw what it threw, on the others ERR_RANK_FAILED with those words, or ERR_RANKS_DISAGREE.
 */
export async function together<T>(
  ranks: Ranks,
  call: string,
  prepare: () => Prepared<T> | Promise<Prepared<T>>,
): Promise<T> {
  let prepared: Prepared<T> | undefined;
  let fault: unknown;
  try {
    prepared = await prepare();
  } catch (error) {
    fault = error ?? new Error('nothing was thrown');
  }
  const statement = encodeJson({ call, ...prepared?.statement });
  const own = Float64Array.of(hashOf(call), prepared ? 1 : 0, hashOf(statement));
  const { parts } = await gather(ranks, own);
  const column = (k: number) => parts.map((part) => part[k]);

  if (new Set(column(0)).size === 1 && column(1).includes(0)) {
    const words = fault instanceof Error ? fault.message : `${fault}`;
    const reasons = await gatherTexts(ranks, fault === undefined ? '' : words);
    if (fault !== undefined) throw fault;
    const rank = column(1).indexOf(0);
    throw rankFailed(`Rank ${rank} could not take part in ${call}: ${reasons[rank]}`);
  }
  if (new Set(column(2)).size > 1) {
    const statements = await gatherTexts(ranks, statement);
    if (fault !== undefined) throw fault;
    throw disagreement(statements.map((text) => JSON.parse(text)));
  }
  return (prepared as Prepared<T>).value;
}

/** A text of every rank, in their order. */
export async function gatherTexts(ranks: Ranks, text: string): Promise<string[]> {
  const own = new TextEncoder().encode(text);
  const lengths = await gather(ranks, Float64Array.of(own.length));
  const { parts } = await gather(ranks, own, [...lengths.all]);
  const decoder = new TextDecoder();
  return parts.map((part) => decoder.decode(part));
}

/** The first thing that ranks say otherwise, as the error to throw. */
function disagreement(statements: readonly unknown[]): Error {
  const { path, values } = difference(statements, '');
  const expected = `${path} to be the same on all ranks`;
  return failure(RangeError, 'ERR_RANKS_DISAGREE', expected, whoHas(values, 'values'));
}

function difference(values: readonly unknown[], path: string): { path: string; values: string[] } {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  if (values.every(isObject)) {
    const names = new Set(values.flatMap((value) => Object.keys(value as object)));
    for (const name of names) {
      const inside = values.map((value) => (value as Record<string, unknown>)[name]);
      if (new Set(inside.map(shown)).size === 1) continue;
      const list = Array.isArray(values[0]);
      return difference(inside, list ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`);
    }
  }
  return { path, values: values.map(shown) };
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : encodeJson(value);
}

/** A number of 48 bits for a text. */
function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}
