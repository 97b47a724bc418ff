import { type ErrorCode, failure } from '../errors.js';

/** A file as a sentence names it: in full, and in one line. */
export function quote(path: string): string {
  return JSON.stringify(path);
}

/** The error for a file that is not what it should be. */
export function formatFailure(path: string, expected: string, received: string): Error {
  return failure(RangeError, 'ERR_CHECKPOINT_FORMAT', `${quote(path)} ${expected}`, received);
}

/** What a call of the operating system brings; its failure as an error of this package, with the system's as `cause`. */
export async function attempt<T>(
  work: Promise<T>,
  code: ErrorCode & `ERR_CHECKPOINT_${string}`,
  path: string,
): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const expected = `${quote(path)} to be ${code === 'ERR_CHECKPOINT_READ' ? 'read' : 'written'}`;
    const received = cause instanceof Error ? cause.message : String(cause);
    throw Object.assign(failure(RangeError, code, expected, received), { cause });
  }
}
