import { expect } from 'vitest';

/** What a promise is rejected with. */
export const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was fulfilled'),
    (error) => error,
  );
