import { types } from 'node:util';
import { dot, failure, reasonOf, show } from './errors.js';
import { isPlainObject } from './plain-object.js';

/**
 * JSON of plain data that has -0 and infinities as such, for Python too: JavaScript would write 0 and null, and Python read
 * -0 as an integer.
 */
export function encodeJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(encodeJson).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, own]) => `${JSON.stringify(key)}:${encodeJson(own)}`,
    );
    return `{${entries.join()}}`;
  }
  if (value === Number.POSITIVE_INFINITY) return '1e999';
  if (value === Number.NEGATIVE_INFINITY) return '-1e999';
  return Object.is(value, -0) ? '-0.0' : JSON.stringify(value);
}

export const KEPT = 'to hold what JSON keeps';

/**
 * JSON of what a caller gives, by JSON.stringify, but for what that would change or make empty: it is refused, with its place.
 *
 * @param where how an error calls what `read` returns
 * @param expected what it says of what throws, or is a circle
 * @param convert what stands for a value, to be looked at in its place
 * @throws TypeError ERR_INVALID_OPTION
 */
export function jsonOf(
  read: () => unknown,
  where: string,
  expected: string = KEPT,
  convert: (value: unknown) => unknown = (value) => value,
): string | undefined {
  /** What is open around a value, from the outermost. */
  const holders: { readonly object: object; readonly path: string }[] = [];
  let fault = `${where} ${expected}`;
  function replace(this: object, key: string, given: unknown): unknown {
    while (holders.length > 0 && holders.at(-1)?.object !== this) holders.pop();
    const holder = holders.at(-1)?.path;
    const path = holder ? holder + (Array.isArray(this) ? `[${key}]` : dot(key)) : where;
    const value = convert(types.isBoxedPrimitive(given) ? given.valueOf() : given);
    if (isLost(value)) {
      fault = `${path} ${KEPT}`;
      throw new TypeError(show(value));
    }
    if (typeof value === 'object' && value !== null) holders.push({ object: value, path });
    return value;
  }
  try {
    return JSON.stringify(read(), replace);
  } catch (error) {
    throw failure(TypeError, 'ERR_INVALID_OPTION', fault, reasonOf(error));
  }
}

/** Whether JSON would have another value, or nothing of one that is not empty. What it leaves out is none. */
function isLost(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint';
  if (ArrayBuffer.isView(value)) return true;
  return !Array.isArray(value) && Object.keys(value).length === 0 && !isPlainObject(value);
}
