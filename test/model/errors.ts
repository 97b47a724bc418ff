import { expect } from 'vitest';

export const codeOf = (error: unknown) => (error as { code?: string } | undefined)?.code;

export function expectThrows(run: () => unknown, code: string | undefined) {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  if (thrown !== undefined && codeOf(thrown) === undefined) throw thrown;
  expect(thrown === undefined ? undefined : codeOf(thrown)).toBe(code);
}

/** Which of two things that are wrong is found first is not promised. */
export function codeOfRejection(promise: Promise<unknown>) {
  return promise.then(() => 'no error', codeOf);
}

/** Resolves when a promise is rejected with this code; other errors, such as that of memory that is gone, pass through. */
export function rejects(promise: Promise<unknown>, code: string | undefined) {
  return promise.then(
    () => expect.fail(`${code} was expected`),
    (error) => {
      if (codeOf(error) !== code) throw error;
    },
  );
}
