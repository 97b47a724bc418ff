import { type ErrorCode, failure } from '../errors.js';
import { encodeJson } from '../json.js';
import type { Ranks } from './ranks.js';

/** What a rank has made ready, and what it says of it: as JSON the same on all ranks. */
export interface Prepared<T> {
  readonly value: T;
  readonly statement: object;
}

/**
 * Makes `prepare` on all ranks, and goes on if it worked on all of them and they say the same. Throws on all ranks otherwise:
 * on those where it threw what it threw, on the others ERR_RANK_FAILED with those words, or ERR_RANKS_DISAGREE.
 *
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
  const own = [hashOf(call), prepared ? 1 : 0, hashOf(statement)];
  const width = own.length;
  const all = new Float64Array(width * ranks.size);
  all.set(own, width * ranks.rank);
  await ranks.allGatherAsync(all);
  const column = (k: number) => Array.from({ length: ranks.size }, (_, r) => all[r * width + k]);

  if (new Set(column(0)).size === 1 && column(1).includes(0)) {
    const words = fault instanceof Error ? fault.message : `${fault}`;
    const reasons = await gatherTexts(ranks, fault === undefined ? '' : words);
    if (fault !== undefined) throw fault;
    const rank = column(1).indexOf(0);
    throw failed(`Rank ${rank} could not take part in ${call}: ${reasons[rank]}`);
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
  const lengths = new Float64Array(ranks.size);
  lengths[ranks.rank] = own.length;
  await ranks.allGatherAsync(lengths);
  const counts = [...lengths];
  const starts = counts.map((_, r) => counts.slice(0, r).reduce((sum, n) => sum + n, 0));
  const all = new Uint8Array(counts.reduce((sum, n) => sum + n, 0));
  all.set(own, starts[ranks.rank]);
  await ranks.allGatherAsync(all, { counts });
  const decoder = new TextDecoder();
  return counts.map((n, r) => decoder.decode(all.subarray(starts[r], (starts[r] as number) + n)));
}

/** The first thing that ranks say otherwise, as the error to throw. */
function disagreement(statements: readonly unknown[]): Error {
  const { path, values } = difference(statements, '');
  const ranks = new Map<string, number[]>();
  for (const [r, value] of values.entries()) ranks.set(value, [...(ranks.get(value) ?? []), r]);
  const received = [...ranks].map(([value, which]) => {
    const shown = `${which.slice(0, 4).join(', ')}${which.length > 4 ? ` and ${which.length - 4} more` : ''}`;
    return `${value} from rank${which.length > 1 ? 's' : ''} ${shown}`;
  });
  const expected = `${path} to be the same on all ranks`;
  return failure(RangeError, 'ERR_RANKS_DISAGREE', expected, received.join(', '));
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

export function failed(message: string, cause?: unknown): Error {
  const code: ErrorCode = 'ERR_RANK_FAILED';
  return Object.assign(new Error(message, { cause }), { code });
}

/** A number below 2^53: FNV-1a, twice. */
function hashOf(text: string): number {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x01000193) + (a >>> 7);
  }
  return (a >>> 0) + (b & 0x1fffff) * 2 ** 32;
}
