import { parameterName, stateName } from '../checkpoint/names.js';
import { fileTypes } from '../checkpoint/tensors.js';
import { show } from '../errors.js';
import type { Values } from '../hyperparameters.js';
import type { Insides } from '../insides.js';
import type { Parameter } from '../params.js';
import type { FileDataType } from '../safetensors/data-types.js';
import { formatFailure } from '../safetensors/failures.js';
import type { Header, TensorInfo } from '../safetensors/header.js';
import { readSafetensors } from '../safetensors/read.js';
import { DISTANCE_RUN } from '../samples.js';
import { misfit, requireSame } from '../saved-state.js';
import type { State } from '../state.js';
import { readStateDict } from '../state-dict.js';
import { bytesOf, type MemoryArray, type MemoryType, memoryTypes } from '../tensor.js';
import { BLOCK } from '../types/uint8.js';
import { describeTensors, type Manifest, shardPath } from './manifest.js';
import type { Segment } from './shards.js';

/** What one rank has read: its shard, whoever had its parts when they were saved. */
export interface LoadedShard {
  readonly state: State;
  readonly values: Values<object>[];
  /** The parameters of its segment of each tensor. */
  readonly parameters: readonly MemoryArray[];
}

interface Run {
  readonly elements: number;
  readonly numbers: number;
}

/** How many numbers there are of so many elements. */
const numbersOf = (elements: number, run: Run) => Math.ceil(elements / run.elements) * run.numbers;

/** An array of a tensor that is put together of several files. */
interface Target {
  readonly values: MemoryArray;
  /** So many elements of the tensor have so many numbers here. */
  readonly run: Run;
}

/**
 * Reads the shard of one rank. Nothing but new memory has changed.
 *
 * @param parameters whole tensors
 * @param own this rank's segment of each
 */
export async function loadShard(
  folder: string,
  manifest: Manifest,
  insides: Insides,
  parameters: readonly Parameter[],
  own: readonly Segment[],
): Promise<LoadedShard> {
  requireSameTensors(manifest, parameters);
  const groupOf = insides.groups().flatMap(({ first, end }, g) => new Array(end - first).fill(g));
  const tensors = manifest.state.groups.flatMap(({ tensors }) => tensors);
  const targets = new Map<string, Target>();
  for (const [rank, shard] of manifest.shards.entries()) {
    const segments = shard.map(([tensor, from, to]) => ({ tensor, from, to }) as Segment);
    const shared = segments.filter(({ tensor, from, to }) => {
      const mine = own[tensor] as Segment;
      return from < mine.to && mine.from < to;
    });
    // Types are in all files.
    if (shared.length === 0 && rank > 0) continue;
    const path = shardPath(folder, manifest.id, rank, manifest.shards.length);
    const copies: (() => void)[] = [];
    const receive = ({ tensors: infos }: Header) => {
      const memory = new Map<string, Uint8Array>();
      for (const [i, { name, type, spacing }] of parameters.entries()) {
        const mine = own[i] as Segment;
        const segment = shared.find(({ tensor }) => tensor === i);
        const take = (inFile: string, type?: MemoryType) => {
          const info = infos.get(inFile);
          if (!info) throw formatFailure(path, `to have ${show(inFile)}`, 'none');
          if (type) requireSame(info.dtype, fileTypes[type], `checkpoint's ${inFile}`);
          const target = targetFor(targets, infos, info, mine.to - mine.from, spacing);
          if (segment) copies.push(readPart(memory, info, target, segment, mine));
        };
        const group = groupOf[i] as number;
        take(parameterName(group, name), type);
        for (const state of tensors[i]?.state ?? []) take(stateName(state, group, name));
      }
      return ({ name }: TensorInfo) => memory.get(name);
    };
    await readSafetensors(path, receive, { checksumRequired: true });
    for (const copy of copies) copy();
  }

  const valuesOf = (name: string) => (targets.get(name) as Target).values;
  let i = 0;
  const groups = manifest.state.groups.map(({ options, tensors }, g) => ({
    options,
    tensors: tensors.map((tensor) => {
      const { name } = parameters[i++] as Parameter;
      const arrays = tensor.state.map((state) => [state, valuesOf(stateName(state, g, name))]);
      return { ...tensor, state: Object.fromEntries(arrays) };
    }),
  }));
  const dict = { format: 1, ...manifest.state, groups };
  const { rule } = insides;
  const read = readStateDict(dict, rule, insides.parameters(), insides.groups());
  const loaded = parameters.map(({ name }, k) =>
    valuesOf(parameterName(groupOf[k] as number, name)),
  );
  return { ...read, parameters: loaded };
}

function requireSameTensors({ tensors }: Manifest, parameters: readonly Parameter[]) {
  const expected = describeTensors(parameters);
  const text = (tensor: unknown) => (tensor === undefined ? 'none' : JSON.stringify(tensor));
  for (let k = 0; k < Math.max(expected.length, tensors.length); k++) {
    if (text(tensors[k]) === text(expected[k])) continue;
    const where = `tensor ${k} of the checkpoint to be ${text(expected[k])}, as in params`;
    throw misfit(where, text(tensors[k]));
  }
}

const memoryTypeOf = Object.fromEntries(
  Object.entries(fileTypes).map(([type, dtype]) => [dtype, type]),
) as { [dtype in FileDataType]?: MemoryType };

/** The array for a rank's part of what this tensor of a file is a part of. */
function targetFor(
  targets: Map<string, Target>,
  infos: Header['tensors'],
  { name, dtype }: TensorInfo,
  length: number,
  spacing: number,
): Target {
  const known = targets.get(name);
  if (known) return known;
  const run = runOf(infos, name, spacing);
  const { View } = memoryTypes[memoryTypeOf[dtype] as MemoryType];
  const count = numbersOf(length, run);
  const values = new View(new ArrayBuffer(count * View.BYTES_PER_ELEMENT), 0, count);
  const target = { values, run };
  targets.set(name, target);
  return target;
}

function runOf(infos: Header['tensors'], name: string, spacing: number): Run {
  if (/^state\/distanceSample\//.test(name)) return { elements: spacing, numbers: DISTANCE_RUN };
  return { elements: isScale(infos, name) ? BLOCK : 1, numbers: 1 };
}

/** Whether a tensor of a file has the scales of blocks of codes. */
function isScale(infos: Header['tensors'], name: string): boolean {
  const [, state, rest] = /^state\/([^/]*)Scale(\/.*)$/.exec(name) ?? [];
  return state !== undefined && infos.get(`state/${state}${rest}`)?.dtype === 'U8';
}

/** Lets a tensor be read into memory of its own; returns what copies the part of it that is this rank's. */
function readPart(
  memory: Map<string, Uint8Array>,
  { name, begin, end }: TensorInfo,
  { values, run }: Target,
  segment: Segment,
  mine: Segment,
): () => void {
  const bytes = new Uint8Array(end - begin);
  memory.set(name, bytes);
  return () => {
    const size = values.BYTES_PER_ELEMENT;
    const from = Math.max(segment.from, mine.from);
    const to = Math.min(segment.to, mine.to);
    const at = (position: number) => numbersOf(position, run) * size;
    const part = bytes.subarray(at(from - segment.from), at(to - segment.from));
    bytesOf(values).set(part, at(from - mine.from));
  };
}
