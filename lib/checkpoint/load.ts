import { memoryFault } from '../check.js';
import { failure, show } from '../errors.js';
import { requirePlainObject } from '../hyperparameters.js';
import { type Insides, requireInsides } from '../insides.js';
import type { AnyOptimizer } from '../optimizer.js';
import type { FileDataType } from '../safetensors/data-types.js';
import { formatFailure } from '../safetensors/failures.js';
import { type Header, sizeOfShape, type TensorInfo } from '../safetensors/header.js';
import { readSafetensors } from '../safetensors/read.js';
import type { TransferOptions } from '../safetensors/transfer.js';
import {
  type ArrayKind,
  matchState,
  misfit,
  type Place,
  requireArray,
  requireList,
} from '../saved-state.js';
import { allocate } from '../state.js';
import { bytesOf, isDetached, lengthOf } from '../tensor.js';
import { FORMAT, FORMAT_VERSION } from './format.js';
import { EXTRA, PARAMETERS, stateName } from './names.js';
import { checkOptions, checkPath } from './options.js';
import {
  type CheckpointTensor,
  type ExtraTensors,
  extraTensors,
  fileTypes,
  parameterTensors,
} from './tensors.js';

export interface LoadOptions extends TransferOptions {
  /** Whose parameters, state and hyperparameters are replaced. */
  optimizer: AnyOptimizer;
  /** Arrays that are filled with what was saved: the names, types and lengths that were saved. */
  tensors?: ExtraTensors | undefined;
}

/**
 * Takes over the parameters, the state and the hyperparameters of a checkpoint, and fills the caller's tensors: training
 * goes on bit for bit. The optimizer must be of the same class, with tensors of the same names, types and lengths in the
 * same groups. Returns the metadata.
 *
 * Waits for its turn; until the promise is settled, the optimizer cannot step. The file is read in pieces, into new memory:
 * a second state, parameters and tensors. When all of it is verified, parameters and tensors are written in one go.
 *
 * Rejects with TypeError ERR_INVALID_OPTION, ERR_UNKNOWN_OPTION, ERR_TENSOR_TYPE; RangeError ERR_CHECKPOINT_READ (its
 * `cause` is the error of the system), ERR_CHECKPOINT_FORMAT: no checkpoint, cut short or damaged, ERR_TENSOR_LENGTH,
 * ERR_TENSOR_DETACHED, ERR_OUT_OF_MEMORY; TypeError, RangeError ERR_STATE_MISMATCH, and those of options; the signal's
 * reason; what `onProgress` throws: nothing has changed.
 */
// biome-ignore lint/suspicious/noExplicitAny: as JSON.parse
export async function loadCheckpoint<Metadata = any>(
  path: string | URL,
  options: LoadOptions,
): Promise<Metadata> {
  const file = checkPath(path);
  const transfer = checkOptions(options, ['optimizer', 'tensors']);
  const insides = requireInsides(options.optimizer, 'options.optimizer');
  const { tensors = {} } = options;
  requirePlainObject(tensors, 'options.tensors');
  const all = [...parameterTensors(insides), ...extraTensors(tensors)];
  const load = () => read(file, insides, all, transfer) as Promise<Metadata>;
  return insides.takeTurnToLoad('loadCheckpoint()', load, transfer.signal);
}

/** The same without parameters: those in the file are left alone. */
export async function loadState(optimizer: object, path: unknown, options: unknown) {
  const file = checkPath(path);
  const transfer = checkOptions(options, []);
  const insides = requireInsides(optimizer, 'options.optimizer');
  const load = async () => {
    await read(file, insides, undefined, transfer);
  };
  return insides.takeTurnToLoad('load()', load, transfer.signal);
}

/** @param tensors the caller's memory to fill; undefined if the file may have some, and nobody wants it */
async function read(
  path: string,
  insides: Insides,
  tensors: readonly CheckpointTensor[] | undefined,
  transfer: TransferOptions,
): Promise<unknown> {
  let arrival: Arrival | undefined;
  const receive = (header: Header) => {
    arrival = prepare(path, header, insides, tensors);
    const { targets } = arrival;
    return ({ name }: TensorInfo) => targets.get(name);
  };
  await readSafetensors(path, receive, { ...transfer, checksumRequired: true });
  return (arrival as Arrival).accept();
}

/** Memory for what a file holds. */
interface Arrival {
  /** By the names in the file. */
  readonly targets: ReadonlyMap<string, Uint8Array>;
  /** Takes it all over, once it is there. Throws if it cannot, before anything has changed. Returns the metadata. */
  accept(): unknown;
}

export const inFile: ArrayKind<TensorInfo, FileDataType> = {
  isArrayOf: (value, type): value is TensorInfo => (value as TensorInfo).dtype === type,
  lengthOf: ({ shape }) => sizeOfShape(shape),
  nameOf: (type) => type,
  show: (value) => (value as TensorInfo).dtype,
};

/** Throws unless all that the header says fits. Only then is memory allocated. */
function prepare(
  path: string,
  { metadata, tensors }: Header,
  insides: Insides,
  wanted: readonly CheckpointTensor[] | undefined,
): Arrival {
  const received = `${metadata.get('format')} ${metadata.get('formatVersion')}`;
  if (received !== `${FORMAT} ${FORMAT_VERSION}`) {
    throw formatFailure(path, `to have the format ${FORMAT} ${FORMAT_VERSION}`, received);
  }
  const json = (name: string) => parseJson(path, name, metadata.get(name));
  const own = metadata.has('metadata') ? json('metadata') : undefined;

  const used = new Set<string>();
  const find = (name: string) => {
    used.add(name);
    return tensors.get(name);
  };
  const place: Place<TensorInfo> = {
    ...inFile,
    name: 'checkpoint',
    isArrayOf: (value, type): value is TensorInfo => inFile.isArrayOf(value, fileTypes[type]),
    nameOf: (type) => inFile.nameOf(fileTypes[type]),
    statesOf({ name, state }, group, where) {
      const states = Object.create(null);
      for (const each of requireList(state, where)) {
        if (typeof each !== 'string') throw misfit(`${where} to hold names`, show(each));
        states[each] = find(stateName(each, group, name as string));
      }
      return states;
    },
  };
  const { rule, parameters, groups } = insides;
  const root = { rule: metadata.get('rule'), counters: json('counters'), groups: json('groups') };
  const saved = matchState(root, place, rule, parameters(), groups());
  const matched = (wanted ?? []).map((tensor) => {
    const { name, dtype, length, where } = tensor;
    const at = `${where} in the checkpoint`;
    return { tensor, found: requireArray(inFile, find(name), dtype, length, at, where) };
  });
  for (const name of tensors.keys()) {
    const isSkipped = !wanted && (name.startsWith(PARAMETERS) || name.startsWith(EXTRA));
    if (!isSkipped && !used.has(name)) {
      throw misfit('checkpoint to have only tensors that are asked for', show(name));
    }
  }

  const state = saved.allocate();
  const targets = new Map(state.copies.map(({ from, to }) => [from.name, bytesOf(to)]));
  const arrived = matched.map(({ tensor, found }) => {
    const bytes = new Uint8Array(allocate(found.end - found.begin, tensor.where));
    targets.set(tensor.name, bytes);
    return { tensor, bytes };
  });
  const accept = () => {
    const finished = state.finish();
    requireMemory(insides, wanted);
    for (const { tensor, bytes } of arrived) bytesOf(tensor.values).set(bytes);
    insides.replace(finished, saved.values);
    return own;
  };
  return { targets, accept };
}

/** Throws if tensors to fill have lost memory since the load began. */
function requireMemory({ parameters }: Insides, wanted: readonly CheckpointTensor[] | undefined) {
  if (!wanted) return;
  const fault = memoryFault(parameters());
  if (fault) throw fault;
  for (const { values, length, where } of wanted) {
    const received = lengthOf(values);
    if (received === length) continue;
    const code = isDetached(values) ? 'ERR_TENSOR_DETACHED' : 'ERR_TENSOR_LENGTH';
    throw failure(RangeError, code, `${where} to keep its length ${length}`, `${received}`);
  }
}

export function parseJson(path: string, name: string, text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw formatFailure(path, `to have JSON for ${name} in its metadata`, show(text));
  }
}
