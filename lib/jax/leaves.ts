import { failure, show } from '../errors.js';
import type { JaxArray } from './library.js';

/** An array of the tree, and the memory that the optimizer changes in its place. */
export interface Leaf {
  /** Where it stands: 'layers.0.weights'. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly memory: Float32Array;
}

/** Every tensor begins at a cache line: 16 numbers. */
const LINE = 16;

/** Makes one arena for all arrays, which are only read. */
export function createLeaves(names: readonly string[], arrays: readonly JaxArray[]): Leaf[] {
  for (const [i, array] of arrays.entries()) requireArray(array, `params.${names[i]}`);
  let end = 0;
  const places = arrays.map(({ shape }) => {
    const begin = Math.ceil(end / LINE) * LINE;
    end = begin + shape.reduce((product, n) => product * n, 1);
    return { begin, end };
  });
  const arena = new Float32Array(end);
  return arrays.map(({ shape, ref }, i) => {
    const { begin, end } = places[i] as { begin: number; end: number };
    const memory = arena.subarray(begin, end);
    memory.set(ref.dataSync() as Float32Array);
    return { name: names[i] as string, shape: [...shape], memory };
  });
}

function requireArray(array: unknown, where: string): void {
  const { dataSync, dtype } = Object(array) as Partial<JaxArray>;
  const received = typeof dataSync === 'function' ? dtype : show(array);
  if (received === 'float32') return;
  const expected = `${where} to be an array of jax-js of float32`;
  throw failure(TypeError, 'ERR_TENSOR_TYPE', expected, `${received}`);
}

/** The names of all leaves, by a tree that has the number of each in its place. */
export function namesOf(numbers: unknown): string[] {
  const names: string[] = [];
  const walk = (node: unknown, path: readonly string[]) => {
    if (typeof node === 'number') {
      names[node] = path.join('.') || 'params';
      return;
    }
    for (const [key, child] of Object.entries(node as object)) walk(child, [...path, key]);
  };
  walk(numbers, []);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    const expected = 'params to have a name of its own for every array';
    throw failure(RangeError, 'ERR_INVALID_PARAMS', expected, `${twice} twice`);
  }
  return names;
}

/** Throws unless a gradient fits its parameter. */
export function checkGradient({ name, shape }: Leaf, array: JaxArray): void {
  const where = `gradients.${name}`;
  requireArray(array, where);
  if (array.shape.length !== shape.length || array.shape.some((n, i) => n !== shape[i])) {
    const expected = `${where} to have the shape [${shape.join(', ')}]`;
    throw failure(RangeError, 'ERR_TENSOR_LENGTH', expected, `[${array.shape.join(', ')}]`);
  }
}
