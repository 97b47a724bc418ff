import { gradientOverlap, memoryFault, overlapWith } from './check.js';
import type { PlanRequest } from './engine.js';
import { failure, show } from './errors.js';
import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import { arraysOf, type Slot, sizeOfState } from './state.js';
import {
  className,
  dataTypeOf,
  isDetached,
  lengthOf,
  type MemoryArray,
  memoryOf,
  memoryTypes,
  type Tensor,
} from './tensor.js';
import { decoderOf } from './types/codecs.js';
import { BLOCK } from './types/uint8.js';

/** The numbers of rows, from 0. */
export type RowNumbers = Int32Array | Uint32Array;

type Slots = readonly (readonly (Slot | undefined)[])[];

/**
 * The first thing wrong with some rows of tensor i and their gradients, as the error to throw. Rprop's step sizes and
 * Schedule-Free's base parameters begin with the tensor's first step, and a block of a state of uint8 has one scale: there rows cannot always do without the others,
 * unless these get a gradient of zeros (`dense`).
 */
export function rowsFault(
  rule: AnyRule,
  parameters: readonly Parameter[],
  slots: Slots,
  i: number,
  rows: unknown,
  gradients: unknown,
  dense = false,
) {
  const parameter = parameters[i] as Parameter;
  const { path, type, dtype, length } = parameter;
  if (rule.needsWholeTensors && !dense) {
    const expected = `a whole gradient for params${path}, which ${rule.name} needs`;
    return failure(RangeError, 'ERR_ROWS_UNSUPPORTED', expected, 'some rows');
  }
  const fault = memoryFault([parameter]);
  if (fault) return fault;
  const name = className(rows);
  if (name !== 'Int32Array' && name !== 'Uint32Array') {
    const expected = `the rows of params${path} to be an Int32Array or a Uint32Array`;
    return failure(TypeError, 'ERR_TENSOR_TYPE', expected, show(rows));
  }
  if (dataTypeOf(gradients, dtype) !== type) {
    const expected = `the gradients of rows of params${path} to be ${memoryTypes[type].name}`;
    return failure(TypeError, 'ERR_TENSOR_TYPE', expected, show(gradients));
  }
  for (const array of [rows, gradients] as ArrayBufferView[]) {
    if (!isDetached(array)) continue;
    const expected = `the rows of params${path} and their gradients to have their memory`;
    return failure(RangeError, 'ERR_TENSOR_DETACHED', expected, 'a detached buffer');
  }
  const count = lengthOf(rows as RowNumbers);
  const received = lengthOf(gradients as Tensor);
  const width = received / count;
  if (count === 0 ? received > 0 : !(Number.isInteger(width) && width > 0)) {
    const expected = `the gradients of ${count} rows of params${path} to have a length that is a multiple of that`;
    return failure(RangeError, 'ERR_TENSOR_LENGTH', expected, `${received}`);
  }
  if (count > 0 && length % width !== 0) {
    const expected = `rows of ${width} numbers to divide params${path}, of length ${length}`;
    return failure(RangeError, 'ERR_TENSOR_LENGTH', expected, 'a remainder');
  }
  const end = length / width;
  for (const row of rows as RowNumbers) {
    if (row >= 0 && row < end) continue;
    const expected =
      length === 0
        ? `no rows of params${path}, which has length 0`
        : `rows of params${path} from 0 to ${end - 1}`;
    return failure(RangeError, 'ERR_ROW_RANGE', expected, `${row}`);
  }
  const sharesScales = width % BLOCK !== 0 && slots[i]?.some((slot) => slot?.type === 'uint8');
  if (count > 0 && sharesScales && !dense) {
    const expected = `rows of params${path} to be multiples of ${BLOCK} numbers, which share a scale in its states`;
    return failure(RangeError, 'ERR_ROWS_UNSUPPORTED', expected, `${width}`);
  }
  return (
    gradientOverlap(parameters, i, gradients as Tensor) ??
    overlapWith(parameters, rows as RowNumbers, `the list of rows of params${path}`)
  );
}

/** Different rows, in the order in which they first appear, and the gradient of each: one after the other. */
interface Sums {
  readonly rows: readonly number[];
  readonly gradient: Tensor;
}

/** Adds up the gradients of the same row, in the order in which they appear. Mirrors native/sparse-rows.h. */
export function sumRows(given: RowNumbers, gradients: Tensor, { type }: Parameter): Sums {
  const placeOf = new Map<number, number>();
  for (const row of given) if (!placeOf.has(row)) placeOf.set(row, placeOf.size);
  const rows = [...placeOf.keys()];
  if (rows.length === given.length) return { rows, gradient: gradients };
  const width = lengthOf(gradients) / given.length;
  const memory = memoryOf(gradients, type);
  const decode = decoderOf(type);
  const View = type === 'float64' ? Float64Array : Float32Array;
  const gradient = new View(rows.length * width);
  const seen = new Set<number>();
  for (const [i, row] of given.entries()) {
    const to = (placeOf.get(row) as number) * width;
    for (let k = 0; k < width; k++) {
      const g = decode(memory[i * width + k] as number);
      gradient[to + k] = seen.has(row) ? (gradient[to + k] as number) + g : g;
    }
    seen.add(row);
  }
  return { rows, gradient };
}

/** The request for a tensor that has these rows alone, and what writes them back. */
export function pickRows(
  request: PlanRequest,
  i: number,
  rows: readonly number[],
  width: number,
): { request: PlanRequest; putBack: () => void } {
  const parameter = request.parameters[i] as Parameter;
  const { type, tensor } = parameter;
  const all = memoryOf(tensor, type);
  const picked = new memoryTypes[type].View(
    new ArrayBuffer(rows.length * width * all.BYTES_PER_ELEMENT),
    0,
    rows.length * width,
  );
  const parts = { ...parameter, tensor: picked as Tensor, length: picked.length };
  const pairs = [{ all, picked, width }];
  let end = 0;
  const slots = (request.slots[i] ?? []).map((slot): Slot | undefined => {
    if (!slot) return undefined;
    const offset = end;
    end += Math.ceil(sizeOfState(slot.name, slot.type, parts) / 8) * 8;
    return { ...slot, offset };
  });
  const arena = new ArrayBuffer(end);
  for (const [k, slot] of slots.entries()) {
    if (!slot) continue;
    const arrays = arraysOf(request.slots[i]?.[k] as Slot, request.arena, parameter);
    for (const [part, { values }] of arraysOf(slot, arena, parts).entries()) {
      const own = part === 0 ? width : width / BLOCK; // scales
      pairs.push({ all: arrays[part]?.values as MemoryArray, picked: values, width: own });
    }
  }
  const copy = (back: boolean) => {
    for (const { all, picked, width } of pairs) {
      for (const [k, row] of rows.entries()) {
        const [own, there] = [k * width, row * width];
        if (back) all.set(picked.subarray(own, own + width), there);
        else picked.set(all.subarray(there, there + width), own);
      }
    }
  };
  copy(false);
  const replaced = <T>(list: readonly T[], value: T) =>
    list.map((other, k) => (k === i ? value : other));
  return {
    request: {
      ...request,
      parameters: replaced(request.parameters, parts),
      slots: replaced(request.slots, slots),
      arena,
    },
    putBack: () => copy(true),
  };
}
