import { failure } from '../errors.js';
import type { StepResult } from '../step-control.js';
import { checkGradient, createLeaves, type Leaf, namesOf } from './leaves.js';
import type { JaxArray, JaxLibrary, Tree } from './library.js';

export type Named = Record<string, Float32Array>;

/** What is used of an optimizer of this package. */
export interface Steps {
  step(gradients: Named): StepResult;
  stepAsync(gradients: Named): Promise<StepResult>;
}

/** Parameters of jax-js and the optimizer that changes them. */
export interface Training<T, Optimizer> {
  /**
   * The optimizer. Its parameters are the memory in which the tree's arrays live, each under the path of its array,
   * `'layers.0.weights'`; a tree that is one array calls it `'params'`. Whoever loads a checkpoint into it, or writes to the
   * memory, gets arrays with the new numbers by {@link params}.
   */
  readonly optimizer: Optimizer;
  /** The memory of the parameters, by path. */
  readonly memory: Named;
  /** The parameters as arrays of jax-js, new ones at every call: the caller's to use up or to dispose of. */
  params(): T;
  /**
   * Updates the parameters, and returns them as new arrays. The gradients are used up, as jax-js does with arguments; a
   * call that throws leaves them as they are.
   *
   * @throws TypeError ERR_GRADIENT_NAMES, ERR_TENSOR_TYPE
   * @throws RangeError ERR_TENSOR_LENGTH; what the optimizer's `step` throws; nothing has changed
   */
  step(gradients: T): T;
  /**
   * The same step while the event loop goes on: waits for the gradients, then for the kernel's threads. Rejects with the
   * errors of {@link step}. Steps of one optimizer are made in the order in which their gradients are there.
   */
  stepAsync(gradients: T): Promise<T>;
}

/** A rule of this package, or a subclass. */
export type OptimizerClass<Options, Optimizer> = new (
  params: Named,
  options?: Options,
) => Optimizer;

/** Makes `wrap` for one build of jax-js. */
export function createWrap(jax: JaxLibrary) {
  return wrap;

  /**
   * Puts a tree of arrays into the hands of an optimizer.
   *
   * The optimizer works on memory of this package, one buffer for all arrays: jax-js shows nobody its own. So a step copies
   * each gradient out of jax-js and each parameter in; nothing else is copied, and functions under `jit` stay as they are.
   *
   * @param params arrays of float32, in lists and records; they are read, and stay the caller's
   * @param Optimizer a class of this package: `RMSprop`
   * @param options its options; `weightDecayExclude` and `frozen` know the arrays by their paths
   * @throws TypeError ERR_TENSOR_TYPE; RangeError ERR_INVALID_PARAMS; the errors of the class
   */
  function wrap<T extends Tree, const Options extends object, Optimizer extends Steps>(
    params: T,
    Optimizer: OptimizerClass<Options, Optimizer>,
    options?: Options,
  ): Training<T, Optimizer> {
    const [arrays, treedef] = jax.tree.flatten(params as never);
    const names = namesOf(jax.tree.unflatten(treedef as never, arrays.keys()));
    const leaves = createLeaves(names, arrays as JaxArray[]);
    const memory: Named = Object.fromEntries(leaves.map(({ name, memory }) => [name, memory]));
    const optimizer = new Optimizer(memory, options);

    const current = () =>
      jax.tree.unflatten(
        treedef as never,
        leaves.map(({ memory, shape }) => jax.numpy.array(memory as never, { shape: [...shape] })),
      ) as T;

    /** The arrays of the gradients, which fit. */
    const check = (gradients: T): JaxArray[] => {
      const [given, tree] = jax.tree.flatten(gradients as never);
      if (!tree.equals(treedef as never)) {
        const expected = `gradients to have the tree of the parameters, ${treedef}`;
        throw failure(TypeError, 'ERR_GRADIENT_NAMES', expected, `${tree}`);
      }
      for (const [i, leaf] of leaves.entries()) checkGradient(leaf, given[i] as JaxArray);
      return given as JaxArray[];
    };
    const named = (data: readonly unknown[]): Named =>
      Object.fromEntries(leaves.map(({ name }: Leaf, i) => [name, data[i] as Float32Array]));
    const release = (given: readonly JaxArray[]) => {
      for (const array of given) array.dispose();
    };

    return {
      optimizer,
      memory,
      params: current,
      step(gradients) {
        const given = check(gradients);
        optimizer.step(named(given.map(({ ref }) => ref.dataSync())));
        release(given);
        return current();
      },
      async stepAsync(gradients) {
        const given = check(gradients);
        const data = await Promise.all(given.map(({ ref }) => ref.data()));
        await optimizer.stepAsync(named(data));
        release(given);
        return current();
      },
    };
  }
}
