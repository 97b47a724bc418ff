import type { StorageOptions } from 'rmsprop';
import type { Contender } from './contenders.mts';

export type TypesKey =
  | 'state-bfloat16'
  | 'state-uint8'
  | 'bfloat16'
  | 'parameters-bfloat16'
  | 'master-copy'
  | 'float16';

/** What parameters, gradients and states are stored as: one row of the table for every rule. */
export interface Types {
  /** What `--narrow` calls it. */
  readonly key: TypesKey | 'float32';
  readonly name: string;
  readonly storage: Required<Pick<StorageOptions, 'dtype' | 'stateType' | 'masterCopy'>>;
}

/** What the others are compared with. */
export const float32: Types = {
  key: 'float32',
  name: 'float32',
  storage: { dtype: 'array', stateType: 'float32', masterCopy: false },
};

export const narrowTypes: (Types & { readonly key: TypesKey })[] = [
  {
    key: 'state-bfloat16',
    name: 'states bfloat16',
    storage: { dtype: 'array', stateType: 'bfloat16', masterCopy: false },
  },
  {
    key: 'state-uint8',
    name: 'states uint8',
    storage: { dtype: 'array', stateType: 'uint8', masterCopy: false },
  },
  {
    key: 'bfloat16',
    name: 'all bfloat16',
    storage: { dtype: 'bfloat16', stateType: 'bfloat16', masterCopy: false },
  },
  {
    key: 'parameters-bfloat16',
    name: 'bfloat16, states float32',
    storage: { dtype: 'bfloat16', stateType: 'float32', masterCopy: false },
  },
  {
    key: 'master-copy',
    name: 'all bfloat16, master copy',
    storage: { dtype: 'bfloat16', stateType: 'bfloat16', masterCopy: true },
  },
  {
    key: 'float16',
    name: 'float16, states bfloat16',
    storage: { dtype: 'float16', stateType: 'bfloat16', masterCopy: false },
  },
];

/** Bytes of a number; 256 numbers of 8 bits share a scale of 4 bytes. */
const bytes = { array: 4, float32: 4, bfloat16: 2, float16: 2, uint8: 1 + 4 / 256 };

/** Bytes of memory traffic per parameter, as `bytesOf` counts them; the copy is read and written. */
export function trafficOf({ states }: Contender, { storage }: Types): number {
  const { dtype, stateType, masterCopy } = storage;
  const copy = masterCopy ? 2 * bytes.float32 : 0;
  return 3 * bytes[dtype] + 2 * states * bytes[stateType] + copy;
}

/** Bytes per parameter that the optimizer holds, beside parameters and gradients. */
export function stateBytesOf({ states }: Contender, { storage }: Types): number {
  return states * bytes[storage.stateType] + (storage.masterCopy ? bytes.float32 : 0);
}

/**
 * A tensor as such parameters and gradients: what 16 bits have no room for is cut off, which is good enough for a
 * benchmark. For float16 its numbers must be neither denormal nor too large.
 */
export function stored(values: Float32Array, { storage }: Types): Float32Array | Uint16Array {
  if (storage.dtype === 'array') return values;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const codes = new Uint16Array(values.length);
  for (let i = 0; i < codes.length; i++) {
    const float16 = ((bits[i] & 0x7fffffff) >>> 13) - (112 << 10);
    const sign = (bits[i] >>> 16) & 0x8000;
    codes[i] = storage.dtype === 'bfloat16' ? bits[i] >>> 16 : sign | float16;
  }
  return codes;
}
