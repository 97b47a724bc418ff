import { expect } from 'vitest';
import { RMSprop } from '../../lib/index.js';

export { engines } from '../engines.js';

export const f32 = (...values: number[]) => Float32Array.from(values);

/** A call that must throw: this kind of error, with this code and this sentence. */
export interface Failure {
  does: string;
  run: () => unknown;
  kind: typeof TypeError | typeof RangeError;
  code: string;
  says: string;
}

/** Kinds and codes of many. */
export const invalidType = { kind: TypeError, code: 'ERR_INVALID_OPTION' } as const;
export const invalid = { kind: RangeError, code: 'ERR_INVALID_OPTION' } as const;
export const conflict = { kind: RangeError, code: 'ERR_CONFLICTING_OPTIONS' } as const;
export const mismatch = { kind: RangeError, code: 'ERR_STATE_MISMATCH' } as const;

export function expectFailure({ run, kind, code, says }: Failure) {
  let error: unknown;
  try {
    run();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ code, message: says });
}

/** Options as a JavaScript caller can pass them. */
export const rmsprop = (options: unknown, params: unknown = f32(1)) =>
  new RMSprop(params as Float32Array, options as object);

export const domain = 'to be a finite number of at least 0';

/** A tensor whose memory was transferred away. */
export const detached = (length = 4) => {
  const array = new Float32Array(length);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
};

export type Params = { weights: Float32Array; bias: Float64Array };

/** An optimizer that has made a step, with all of its states. */
export function trained() {
  const params: Params = { weights: f32(1, 2, 3), bias: Float64Array.of(4, 5) };
  const optimizer = new RMSprop(params, { momentum: 0.9, centered: true });
  optimizer.step({ weights: f32(1, 1, 1), bias: Float64Array.of(1, 1) });
  return { params, optimizer };
}

/** Gradients that it takes. */
export const good = { weights: f32(1, 1, 1), bias: Float64Array.of(1, 1) };
