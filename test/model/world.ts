import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect } from 'vitest';
import { configure, type Isa, type TensorState } from '../../lib/index.js';
import type { AnyRule } from '../../lib/rule.js';
import type { MemoryArray } from '../../lib/tensor.js';
import { bfloat16 } from '../../lib/types/bfloat16.js';
import { float16 } from '../../lib/types/float16.js';
import { NEAREST } from '../../lib/types/rounding.js';
import { difference, ordinaryValue } from '../bits.js';
import { nativeIsas } from '../engines.js';
import { possible } from '../storages.js';
import { type AnyOptimizer, extremes, type Options, optimizers } from '../variants.js';

setFlagsFromString('--expose-gc');
const gc: (options?: object) => void = runInNewContext('gc');
export const collectAllGarbage = () => gc();
/** What was made a moment ago: enough to free a buffer that was, and hundreds of times as fast. */
export const collectYoungGarbage = () => gc({ type: 'minor' });

/** Where the memory of a tensor lies. */
export const memories = ['own', 'offset', 'neighbours', 'shared', 'growable', 'resizable'] as const;
export type Memory = (typeof memories)[number];

export type TensorType = 'float32' | 'float64' | 'bfloat16' | 'float16';
type AnyArray = Float32Array | Float64Array | Uint16Array;
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  bfloat16: Uint16Array,
  float16: Uint16Array,
} as const;

/** What a world is made of. */
export interface Plan {
  optimizer: number;
  variant: number;
  type: TensorType;
  stateType: 'float32' | 'bfloat16' | 'uint8';
  masterCopy: boolean;
  lengths: number[];
  memories: Memory[];
  shape: 'list' | 'record' | 'groups';
  /** A place in the list of what happens around steps. */
  around: number;
}

const around: Options[] = [
  {},
  { accumulationSteps: 2, averageDecay: 0.9, onNonFinite: 'skip' },
  { accumulationSteps: 3, clipGlobalNorm: 0.5, zeroGradients: true },
  { dynamicLossScale: true, lossScale: 8, lossScaleGrowthInterval: 2, clipValue: 0.3 },
  { averageDecay: 0.5, clipNorm: 0.5, upperBound: 0.5, onNonFinite: 'throw' },
];

export const plans: fc.Arbitrary<Plan> = fc.record({
  optimizer: fc.nat(optimizers.length - 1),
  variant: fc.nat(1),
  type: fc.constantFrom('float32', 'float64', 'bfloat16', 'float16'),
  stateType: fc.constantFrom('float32', 'bfloat16', 'uint8'),
  masterCopy: fc.boolean(),
  lengths: fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 250, max: 300 })), {
    minLength: 1,
    maxLength: 5,
  }),
  memories: fc.array(fc.constantFrom(...memories), { minLength: 1, maxLength: 5 }),
  shape: fc.constantFrom('list', 'record', 'groups'),
  around: fc.nat(around.length - 1),
});

/** The memory of some tensors of one type. */
export function allocate(type: TensorType, lengths: readonly number[], kinds: readonly Memory[]) {
  const View = arrays[type];
  const size = View.BYTES_PER_ELEMENT;
  const together = new ArrayBuffer(lengths.reduce((sum, n) => sum + n * size, 0));
  let next = 0;
  return lengths.map((length, i): AnyArray => {
    const bytes = length * size;
    const start = next;
    next += bytes;
    switch (kinds[i % kinds.length]) {
      case 'offset':
        return new View(new ArrayBuffer(bytes + 40), 16, length);
      case 'neighbours':
        return new View(together, start, length);
      case 'shared':
        return new View(new SharedArrayBuffer(bytes) as unknown as ArrayBuffer, 0, length);
      case 'growable':
        return new View(growable(SharedArrayBuffer, bytes), 0, length);
      case 'resizable':
        return new View(growable(ArrayBuffer, bytes), 0, length);
      default:
        return new View(length);
    }
  });
}

/** A buffer that may be resized, as this version of TypeScript's library does not know it. */
function growable(Buffer: unknown, bytes: number): ArrayBuffer {
  const Resizable = Buffer as new (bytes: number, options: object) => ArrayBuffer;
  return new Resizable(bytes, { maxByteLength: bytes + 4096 });
}

export function resize(array: AnyArray, bytes: number) {
  const { buffer } = array as unknown as { buffer: { resize(bytes: number): void } };
  buffer.resize(bytes);
}

export function grow(array: AnyArray) {
  const { buffer } = array as unknown as {
    buffer: { byteLength: number; grow(bytes: number): void };
  };
  buffer.grow(buffer.byteLength + 8);
}

function fill(array: AnyArray, type: TensorType, seed: number) {
  const encode = { bfloat16, float16, float32: undefined, float64: undefined }[type]?.encode;
  for (let i = 0; i < array.length; i++) {
    const value = ordinaryValue(seed, i);
    array[i] = encode ? encode(Math.fround(value), NEAREST) : value;
  }
}

/** Whether a name matches a pattern that begins with *, and has no other. */
export const endsLike = (name: string, pattern: string) => name.endsWith(pattern.slice(1));

function twinOf(array: AnyArray): AnyArray {
  const twin = new (array.constructor as Float32ArrayConstructor)(array.length);
  twin.set(array);
  return twin;
}

/**
 * An optimizer that all sorts of things happen to, and beside it its twin: the reference in TypeScript, on parameters of its
 * own, to which nothing happens but the steps that should have been made.
 */
export class World {
  readonly plan: Plan;
  readonly kinds: Memory[];
  /** How many tensors each group has, where there are groups. */
  readonly sizes: number[];
  readonly options: Options;
  params: AnyArray[];
  optimizer: AnyOptimizer;
  readonly twinParams: AnyArray[];
  readonly twin: AnyOptimizer;
  isa: Isa = nativeIsas[0] as Isa;
  threads = 2;
  /** Promises of steps that nobody has waited for yet. */
  pending: Promise<unknown>[] = [];
  /** The code with which every step fails, since parameters are no longer what they were; undefined if all is well. */
  broken: 'ERR_TENSOR_DETACHED' | 'ERR_TENSOR_LENGTH' | undefined;
  /** Whether steps that the twin made were refused here, since memory had gone. */
  apart = false;
  /** Whether a load is under way. */
  loading = false;
  readonly rule: AnyRule;
  /** A file of this world's own. */
  readonly file: string;
  #seed = 1;

  constructor(plan: Plan, file: string) {
    this.plan = { ...plan, lengths: [...plan.lengths] };
    this.file = file;
    const { rule } = this.#registered();
    this.rule = rule;
    const { type, masterCopy, lengths, memories: kinds } = plan;
    const storage = {
      dtype: type === 'bfloat16' || type === 'float16' ? type : ('array' as const),
      stateType: type === 'float64' ? ('float32' as const) : plan.stateType,
      masterCopy: masterCopy && type !== 'float32' && type !== 'float64',
    };
    const few = extremes(rule)[0] as Options;
    const many = extremes(rule).at(-1) as Options;
    const wanted = plan.variant === 0 ? few : many;
    const variant = possible(wanted, storage) ? wanted : few;
    const stateType = possible(variant, storage) ? storage.stateType : 'float32';
    this.options = { ...variant, ...storage, stateType, ...around[plan.around] };
    this.kinds = lengths.map((_, i) => kinds[i % kinds.length] as Memory);
    const half = Math.ceil(lengths.length / 2);
    this.sizes = [half, lengths.length - half].filter((size) => size > 0);
    this.params = this.tensors();
    this.twinParams = this.params.map(twinOf);
    this.optimizer = this.create(this.params);
    this.twin = this.create(this.twinParams);
  }

  #registered() {
    return optimizers[this.plan.optimizer] as (typeof optimizers)[number];
  }

  /** New tensors of the parameters' types and lengths, all of whose numbers are new. */
  tensors(kinds: readonly Memory[] = this.kinds): AnyArray[] {
    const made = allocate(this.plan.type, this.plan.lengths, kinds);
    for (const array of made) fill(array, this.plan.type, this.#seed++);
    return made;
  }

  create(params: readonly AnyArray[]): AnyOptimizer {
    const { Class } = this.#registered();
    return new Class(this.shaped(params, true) as never, this.options);
  }

  /** Parameters or gradients in the shape of this world. */
  shaped(list: readonly (AnyArray | null)[], areParams = false): unknown {
    if (this.plan.shape === 'list') return list;
    const record = Object.fromEntries(list.map((tensor, i) => [`t${i}`, tensor]));
    if (this.plan.shape === 'record') return record;
    let end = 0;
    const groups = this.sizes.map((size) => {
      end += size;
      return list.slice(end - size, end);
    });
    return areParams ? groups.map((params, i) => this.group(params, i)) : groups;
  }

  group(params: readonly (AnyArray | null)[], i: number) {
    return { params, learningRate: 0.1 / (i + 1) };
  }

  /** Whether steps leave the tensor with this number alone. */
  isFrozen(i: number): boolean {
    const names = this.twin.groups.flatMap(({ params, frozen }) =>
      params.map((name) => ({ name, frozen: frozen as string[] })),
    );
    const { name, frozen } = names[i] as (typeof names)[number];
    return frozen.some((pattern) => endsLike(name, pattern));
  }

  /** Adds a group of one tensor to the optimizer, and to the twin. Throws as the former does. */
  addGroup(length: number, kind: Memory) {
    const [tensor] = allocate(this.plan.type, [length], [kind]) as [AnyArray];
    fill(tensor, this.plan.type, this.#seed++);
    const twin = twinOf(tensor);
    const i = this.sizes.length;
    this.optimizer.addGroup(this.group([tensor], i));
    this.twin.addGroup(this.group([twin], i));
    this.params.push(tensor);
    this.twinParams.push(twin);
    this.plan.lengths.push(length);
    this.kinds.push(kind);
    this.sizes.push(1);
  }

  /** What the tensor with this number is called in the shape of this world. */
  nameOf(i: number): string | number {
    if (this.plan.shape === 'list') return i;
    if (this.plan.shape === 'record') return `t${i}`;
    let place = i;
    let group = 0;
    while (place >= (this.sizes[group] as number)) place -= this.sizes[group++] as number;
    return `${group}/${place}`;
  }

  /** The engine that the optimizer uses; the twin has its own. */
  useEngine() {
    configure({ isa: this.isa, threads: this.threads });
  }

  /** What the twin does with such gradients: the error of a step that throws. */
  stepTwin(gradients: readonly (AnyArray | null)[]): unknown {
    return this.askTwin((twin) => twin.step(this.shaped(gradients) as never));
  }

  /** Does something with the twin; returns the error if it throws. */
  askTwin(ask: (twin: AnyOptimizer) => unknown): unknown {
    configure({ isa: 'typescript' });
    try {
      ask(this.twin);
    } catch (error) {
      return error;
    } finally {
      this.useEngine();
    }
    return undefined;
  }

  /** Makes one number NaN, where that is refused: else all would be NaN in the end. */
  poison(gradients: readonly (AnyArray | null)[]) {
    const { onNonFinite, dynamicLossScale } = this.options;
    const { type } = this.plan;
    if (onNonFinite === undefined && !dynamicLossScale) return;
    const gradient = gradients.find((g) => g !== null && g.length > 0);
    gradient?.set([{ bfloat16: 0x7fc0, float16: 0x7e00, float32: NaN, float64: NaN }[type]]);
  }

  async settle() {
    const { pending } = this;
    this.pending = [];
    await Promise.all(pending);
    this.loading = false;
  }

  /** Nothing may be under way. */
  compare() {
    for (const [i, tensor] of this.params.entries()) {
      const found = difference(tensor, this.twinParams[i] as MemoryArray);
      if (found) expect.fail(`parameter ${i}${found}`);
    }
  }

  compareStates() {
    if (this.apart) return;
    const statesOf = (optimizer: AnyOptimizer) =>
      optimizer.stateDict().groups.flatMap(({ tensors }) => tensors);
    expect(this.optimizer.lossScale).toBe(this.twin.lossScale);
    expect(this.optimizer.stateDict().counters).toEqual(this.twin.stateDict().counters);
    const expected = statesOf(this.twin);
    for (const [i, { state, ...rest }] of statesOf(this.optimizer).entries()) {
      const { state: _, ...expectedRest } = expected[i] as TensorState;
      expect(rest).toEqual(expectedRest);
      expect(Object.keys(state)).toEqual(Object.keys(expected[i]?.state ?? {}));
      for (const [stream, values] of Object.entries(state)) {
        const found = difference(values, expected[i]?.state[stream] as MemoryArray);
        if (found) expect.fail(`${stream} of tensor ${i}${found}`);
      }
    }
  }

  /** Begins again with new memory where the twin stands. */
  renew() {
    this.params = this.tensors();
    for (const [i, tensor] of this.params.entries()) tensor.set(this.twinParams[i] as AnyArray);
    this.optimizer = this.create(this.params);
    this.optimizer.loadStateDict(structuredClone(this.twin.stateDict()));
    this.broken = undefined;
    this.apart = false;
  }
}
