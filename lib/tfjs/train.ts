import { optimizers } from './optimizers/index.js';

/** Makes a function of a class: with the arguments of its constructor. */
type Makes<Class> = Class extends {
  new (...a: infer A): infer T;
  new (...b: infer B): infer U;
}
  ? { (...a: A): T; (...b: B): U }
  : Class extends new (
        ...a: infer A
      ) => infer T
    ? (...a: A) => T
    : never;

type Train = { readonly [name in keyof typeof optimizers]: Makes<(typeof optimizers)[name]> };

/**
 * What tf.train is in TensorFlow.js: a function for each optimizer. Those that tf.train has take its arguments, all take this
 * package's options: `train.rmsprop(0.01, 0.9)`, `train.rmsprop({ learningRate: 0.01, weightDecay: 0.001 })`.
 */
export const train = Object.freeze(
  Object.fromEntries(
    Object.entries(optimizers).map(([name, Class]) => {
      const Any = Class as unknown as new (...args: unknown[]) => unknown;
      return [name, (...args: unknown[]) => new Any(...args)];
    }),
  ),
) as Train;
