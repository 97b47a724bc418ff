import { failure, show } from './errors.js';
import type { Parameter } from './params.js';
import {
  bufferOf,
  byteLengthOf,
  byteOffsetOf,
  dataTypeOf,
  isDetached,
  isResizable,
  lengthOf,
  memoryTypes,
  type Tensor,
} from './tensor.js';

/**
 * The first thing wrong with the memory of a step, as the error to throw: a gradient that is no tensor of its parameter's
 * type and length, memory that is gone, or memory that two tensors share.
 *
 * @param gradients in the order of the parameters; null gradients are skipped. Default: none
 * @param gradientsWritten whether the step writes gradients, too
 */
export function memoryFault(
  parameters: readonly Parameter[],
  gradients: readonly unknown[] = parameters.map(() => null),
  gradientsWritten = false,
) {
  for (const [i, parameter] of parameters.entries()) {
    const { path, tensor } = parameter;
    const fault =
      tensorFault(tensor, parameter, `params${path}`, 'when the optimizer was made') ??
      (gradients[i] === null
        ? undefined
        : tensorFault(gradients[i], parameter, `grads${path}`, `params${path}`));
    if (fault) return fault;
  }
  return overlapFault(parameters, gradients as readonly (Tensor | null)[], gradientsWritten);
}

/** The same for the part of a step that is one tensor's: its gradient may share memory with no parameter. */
export function partFault(parameters: readonly Parameter[], i: number, gradient: unknown) {
  const fault = memoryFault([parameters[i] as Parameter], [gradient]);
  if (fault) return fault;
  return gradientOverlap(parameters, i, gradient as Tensor);
}

/** Which parameter shares memory with a gradient of tensor i, as the error to throw. */
export function gradientOverlap(parameters: readonly Parameter[], i: number, gradient: Tensor) {
  return overlapWith(parameters, gradient, `grads${(parameters[i] as Parameter).path}`);
}

/** Which parameter shares memory with this, as the error to throw. */
export function overlapWith(
  parameters: readonly Parameter[],
  memory: ArrayBufferView,
  where: string,
) {
  const other = parameters.find(({ tensor }) => shareMemory(tensor, memory));
  return other && overlap(where, `params${other.path}`);
}

function shareMemory(one: ArrayBufferView, other: ArrayBufferView): boolean {
  if (byteLengthOf(one) === 0 || byteLengthOf(other) === 0) return false;
  if (bufferOf(one) !== bufferOf(other)) return false;
  const begin = Math.max(byteOffsetOf(one), byteOffsetOf(other));
  return (
    begin < byteOffsetOf(one) + byteLengthOf(one) &&
    begin < byteOffsetOf(other) + byteLengthOf(other)
  );
}

function tensorFault(
  value: unknown,
  { type, dtype, length }: Parameter,
  where: string,
  like: string,
) {
  if (dataTypeOf(value, dtype) !== type) {
    const nothing = where.startsWith('grads') ? 'null or ' : '';
    const expected = `${where} to be ${nothing}${memoryTypes[type].name}, like ${like}`;
    return failure(TypeError, 'ERR_TENSOR_TYPE', expected, show(value));
  }
  const received = lengthOf(value as Tensor);
  if (received === length) return undefined;
  const expected = `${where} to have length ${length}, like ${like}`;
  return isDetached(value as Tensor)
    ? failure(RangeError, 'ERR_TENSOR_DETACHED', expected, 'a detached buffer')
    : failure(RangeError, 'ERR_TENSOR_LENGTH', expected, `${received}`);
}

/**
 * The first of these tensors in memory that could be taken away from under an asynchronous step, as the error to throw: a
 * resizable ArrayBuffer gives memory back to the system as it shrinks. They have no other fault.
 */
export function resizableFault(
  parameters: readonly Parameter[],
  gradients: readonly unknown[],
  from: number,
  to: number,
) {
  for (let i = from; i < to; i++) {
    const { path, tensor } = parameters[i] as Parameter;
    const gradient = gradients[i] as Tensor | null;
    const isParameter = isResizable(tensor);
    if (!isParameter && (gradient === null || !isResizable(gradient))) continue;
    const where = `${isParameter ? 'params' : 'grads'}${path}`;
    const expected = `${where} to have memory that stays where it is during an asynchronous step`;
    return failure(RangeError, 'ERR_TENSOR_RESIZABLE', expected, 'a resizable ArrayBuffer');
  }
  return undefined;
}

interface Interval {
  begin: number;
  end: number;
  where: string;
  written: boolean;
}

/** What is written may share memory with nothing; gradients that are only read may share memory with each other. */
function overlapFault(
  parameters: readonly Parameter[],
  gradients: readonly (Tensor | null)[],
  gradientsWritten: boolean,
) {
  const buffers = new Map<ArrayBufferLike, Interval[]>();
  for (const [i, { path, tensor: parameter }] of parameters.entries()) {
    for (const [tensor, name, written] of [
      [parameter, 'params', true],
      [gradients[i] ?? null, 'grads', gradientsWritten],
    ] as const) {
      if (tensor === null || byteLengthOf(tensor) === 0) continue;
      const begin = byteOffsetOf(tensor);
      const end = begin + byteLengthOf(tensor);
      const intervals = buffers.get(bufferOf(tensor)) ?? [];
      buffers.set(bufferOf(tensor), intervals);
      intervals.push({ begin, end, where: `${name}${path}`, written });
    }
  }
  for (const intervals of buffers.values()) {
    intervals.sort((a, b) => a.begin - b.begin);
    let reaching: Interval | undefined;
    let writing: Interval | undefined;
    for (const next of intervals) {
      const before = next.written ? reaching : writing;
      if (before && before.end > next.begin) return overlap(next.where, before.where);
      if (!reaching || next.end > reaching.end) reaching = next;
      if (next.written && (!writing || next.end > writing.end)) writing = next;
    }
  }
  return undefined;
}

export function overlap(one: string, other: string) {
  const expected = `${one} to have memory of its own`;
  return failure(RangeError, 'ERR_TENSOR_OVERLAP', expected, `memory shared with ${other}`);
}
