import type { PlanRequest } from './engine.js';
import type { Parameter } from './params.js';
import type { Spaced } from './samples.js';
import { arraysOf, commonSlots, type Slot } from './state.js';
import { type DataType, isArrayOf, type MemoryArray, memoryOf, type Tensor } from './tensor.js';
import { bfloat16 } from './types/bfloat16.js';
import { codecs, decodeBesideCopy } from './types/codecs.js';
import { NEAREST, type Rounding, randomBits, streamKey } from './types/rounding.js';
import { BLOCK, UInt8 } from './types/uint8.js';

/**
 * The numbers of one parameter, gradient or state while a block of them is being updated. Mirrors native/streams/.
 */
export interface Stream {
  readonly name: string;
  /** The numbers of the block. */
  values: Float32Array | Float64Array;
  /** The most elements that a block has. */
  readonly blockLength: number;
  /** Reads the block of elements from begin to end. */
  open(begin: number, end: number): void;
  /** Writes it back. */
  close(begin: number, end: number): void;
}

/** The streams of one tensor: the parameter, the gradient, then the states that have memory. */
export interface Streams {
  readonly parameter: Stream;
  /** The parameter, rounded to the nearest when it is written. */
  readonly nearest: Stream;
  readonly gradient: Stream;
  readonly states: readonly Stream[];
  /** The state that has numbers of the sample only, if there is one. */
  readonly distanceSample: Float32Array | Float64Array | undefined;
  /** How many elements a block has. */
  readonly block: number;
  /** Sets the memory of the gradient to 0. */
  zeroGradient(): void;
}

export function createStreams(
  { rule, parameters, slots, arena }: PlanRequest,
  i: number,
  gradient: Tensor,
  key: number,
): Streams {
  const parameter = parameters[i] as Parameter;
  const { tensor, type, length, firstBlock } = parameter;
  const own = slots[i]?.slice(0, rule.state.length) ?? [];
  const [master, sum, average, sample] = commonSlots(rule, slots[i]);
  const wide = [type, ...own.flatMap((slot) => slot?.type ?? [])].every(
    (type) => type === 'float32' || type === 'float64',
  );
  const random = (stream: number) => {
    const streamsKey = streamKey(key, i, stream);
    return (at: number) => randomBits(streamsKey, firstBlock + Math.floor(at / BLOCK), at % BLOCK);
  };
  const copy = master && new Float32Array(arena, master.offset, length);
  const stream = (slot: Slot | undefined, k: number) =>
    slot ? stateStream(slot, arena, parameter, random(1 + k)) : [];
  // Sums of the gradients of rows are float32 where those are narrower.
  const ofLoss = isArrayOf(gradient, 'float32') ? 'float32' : type;
  const memory = memoryOf(gradient, ofLoss);
  return {
    parameter: parameterStream(memoryOf(tensor, type), type, copy, random(0)),
    nearest: parameterStream(memoryOf(tensor, type), type, copy, () => NEAREST),
    gradient: readOnly(parameterStream(memory, ofLoss, undefined, random(0))),
    distanceSample: sample && (arraysOf(sample, arena, parameter)[0]?.values as Float32Array),
    states: [...own.flatMap(stream), ...[sum, average].flatMap(stream)],
    zeroGradient: () => memory.fill(0),
    block: wide ? Math.max(1, length) : BLOCK,
  };
}

type Random = (at: number) => Rounding;

/** Numbers that need no decoding: the block is their own memory. */
function plain(name: string, memory: Float32Array | Float64Array): Stream {
  return {
    name,
    values: memory,
    blockLength: Math.max(1, memory.length),
    open(begin, end) {
      this.values = begin === 0 && end === memory.length ? memory : memory.subarray(begin, end);
    },
    close() {},
  };
}

/** A parameter or gradient. Where there is a float32 copy it holds the parameter, unless somebody has written to it since. */
function parameterStream(
  memory: MemoryArray,
  type: DataType,
  master: Float32Array | undefined,
  random: Random,
): Stream {
  if (type === 'float32' || type === 'float64') {
    return plain('p', memory as Float32Array | Float64Array);
  }
  const { decode, encode } = codecs[type];
  const values = new Float32Array(BLOCK);
  return {
    name: 'p',
    values,
    blockLength: BLOCK,
    open(begin, end) {
      for (let at = begin; at < end; at++) {
        const code = memory[at] as number;
        const copy = master?.[at];
        values[at - begin] =
          copy === undefined ? decode(code) : decodeBesideCopy(codecs[type], code, copy);
      }
    },
    close(begin, end) {
      master?.set(values.subarray(0, end - begin), begin);
      for (let at = begin; at < end; at++) {
        memory[at] = encode(values[at - begin] as number, master ? NEAREST : random(at));
      }
    },
  };
}

function readOnly(stream: Stream): Stream {
  return { ...stream, close() {} };
}

function stateStream(slot: Slot, arena: ArrayBuffer, tensor: Spaced, random: Random): Stream {
  const { name, type, signed } = slot;
  const [memory, scales] = arraysOf(slot, arena, tensor).map((array) => array.values) as [
    MemoryArray,
    Float32Array | undefined,
  ];
  if (type === 'float32' || type === 'float64') {
    return plain(name, memory as Float32Array | Float64Array);
  }
  const values = new Float32Array(BLOCK);
  if (!scales) {
    return {
      name,
      values,
      blockLength: BLOCK,
      open(begin, end) {
        for (let at = begin; at < end; at++) {
          values[at - begin] = bfloat16.decode(memory[at] as number);
        }
      },
      close(begin, end) {
        for (let at = begin; at < end; at++) {
          memory[at] = bfloat16.encode(values[at - begin] as number, random(at));
        }
      },
    };
  }
  const uint8 = new UInt8(signed);
  return {
    name,
    values,
    blockLength: BLOCK,
    open(begin, end) {
      const scale = scales[begin / BLOCK] as number;
      for (let at = begin; at < end; at++) {
        values[at - begin] = uint8.decode(memory[at] as number, scale);
      }
    },
    close(begin, end) {
      const scale = uint8.scale(largestFinite(values, end - begin));
      scales[begin / BLOCK] = scale;
      for (let at = begin; at < end; at++) {
        memory[at] = uint8.encode(values[at - begin] as number, 1 / scale, random(at));
      }
    },
  };
}

/** The largest of the first numbers that is not infinite, by magnitude; 0 if there is none. */
function largestFinite(values: Float32Array, length: number): number {
  let largest = 0;
  for (let i = 0; i < length; i++) {
    const magnitude = Math.abs(values[i] as number);
    if (magnitude > largest && magnitude < Number.POSITIVE_INFINITY) largest = magnitude;
  }
  return largest;
}
