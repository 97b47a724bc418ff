import { numpy as np } from '@jax-js/jax';

/** What is needed of it here; Node has it, and Node's types of this version do not. */
declare const WebAssembly: { validate(bytes: unknown): boolean };

/**
 * Makes jax-js compute the same bits everywhere; to be called before anything else of it.
 *
 * Its WebAssembly kernels use plain float32 operations, and polynomials of them for exp and log,
 * which WebAssembly defines to the bit, with one exception: where the engine has "relaxed" SIMD
 * (V8 of Node 22 has, of Node 20 has not), matrix products take its multiply-add, which rounds
 * once or twice as suits the processor. jax-js asks WebAssembly.validate for that feature when it
 * makes its first kernel, and remembers the answer; so the first kernel is made under a "no".
 */
export function makeArithmeticPortable(): void {
  const { validate } = WebAssembly;
  WebAssembly.validate = () => false;
  try {
    np.array([1, 2])
      .add(np.array([3, 4]))
      .dataSync();
  } finally {
    WebAssembly.validate = validate;
  }
}
