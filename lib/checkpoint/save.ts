import { memoryFault } from '../check.js';
import { failure, show } from '../errors.js';
import { requirePlainObject } from '../hyperparameters.js';
import { type Insides, requireInsides } from '../insides.js';
import { encodeJson, jsonOf, KEPT } from '../json.js';
import type { AnyOptimizer } from '../optimizer.js';
import type { Parameter } from '../params.js';
import type { TransferOptions } from '../safetensors/transfer.js';
import { type SourceTensor, writeSafetensors } from '../safetensors/write.js';
import type { GroupRange } from '../saved-state.js';
import { version } from '../version.js';
import { FORMAT, FORMAT_VERSION } from './format.js';
import { checkOptions, checkPath } from './options.js';
import { type ExtraTensors, extraTensors, parameterTensors, stateTensors } from './tensors.js';

export interface SaveOptions extends TransferOptions {
  /** Whose parameters, state and hyperparameters are written. */
  optimizer: AnyOptimizer;
  /**
   * Whatever else is needed to go on, such as the epoch and the state of a random number generator: what JSON keeps. As
   * with JSON.stringify, what has a `toJSON` is what that returns, and undefined, functions and symbols are left out (in lists
   * they are null). What JSON would change or empty is refused with ERR_INVALID_OPTION: NaN and infinities, a bigint, a typed
   * array, a Map, a Set, an object that has no properties to see, such as a Scheduler instead of its `stateDict()`, a circle.
   */
  metadata?: unknown;
  /** Arrays of the model that are no parameters, by name. */
  tensors?: ExtraTensors | undefined;
}

/**
 * Writes parameters, state and hyperparameters of an optimizer to one safetensors file, along with metadata and tensors of
 * the caller's. What was at the path is replaced once the new file is whole and on the disk: whatever happens on the way,
 * there is an old or a new checkpoint.
 *
 * Waits for its turn. Nothing is copied but two pieces of 256 KB: until the promise is settled, the optimizer cannot step,
 * and the caller should not write to parameters and tensors either.
 *
 * Rejects with TypeError ERR_INVALID_OPTION, ERR_UNKNOWN_OPTION, ERR_TENSOR_TYPE; RangeError ERR_CHECKPOINT_WRITE (its
 * `cause` is the error of the system), ERR_TENSOR_LENGTH, ERR_TENSOR_DETACHED; the signal's reason; what `onProgress`
 * throws: the old file is as it was.
 *
 * @param path a file name, or a URL of one; a symbolic link stays one, and the file that it points to is replaced
 */
export async function saveCheckpoint(path: string | URL, options: SaveOptions): Promise<void> {
  const file = checkPath(path);
  const transfer = checkOptions(options, ['optimizer', 'metadata', 'tensors']);
  const insides = requireInsides(options.optimizer, 'options.optimizer');
  const metadata = encodeMetadata(options.metadata);
  const { tensors = {} } = options;
  requirePlainObject(tensors, 'options.tensors');
  const extra = extraTensors(tensors);
  const groups = insides.groupsOfNow();
  const save = async () => {
    const fault = memoryFault(insides.parameters());
    if (fault) throw fault;
    const all = [...parameterTensors(insides), ...extra];
    await write(file, insides, groups(), all, metadata, transfer);
  };
  return insides.takeTurn('saveCheckpoint()', save, transfer.signal);
}

/** The same without parameters. */
export async function saveState(optimizer: object, path: unknown, options: unknown) {
  const file = checkPath(path);
  const transfer = checkOptions(options, []);
  const insides = requireInsides(optimizer, 'options.optimizer');
  const groups = insides.groupsOfNow();
  const save = () => write(file, insides, groups(), [], {}, transfer);
  return insides.takeTurn('save()', save, transfer.signal);
}

function write(
  path: string,
  insides: Insides,
  groups: readonly GroupRange[],
  tensors: readonly SourceTensor[],
  metadata: { readonly metadata?: string },
  transfer: TransferOptions,
): Promise<void> {
  const all = [...tensors, ...stateTensors(insides)];
  const header = {
    format: FORMAT,
    formatVersion: FORMAT_VERSION,
    version,
    rule: insides.rule.name,
    counters: JSON.stringify(insides.state().savedCounters),
    groups: encodeGroups(insides, groups),
    ...metadata,
  };
  return writeSafetensors(path, all, header, transfer);
}

/** What a file says of the groups, beside the tensors: JSON. */
export function encodeGroups(
  { parameters, state }: Insides,
  groups: readonly GroupRange[],
): string {
  const current = state();
  const tensor = ({ name }: Parameter, i: number) => ({
    name,
    step: current.steps[i],
    numbers: current.numbersOf(i),
    state: current.allArrays(i).map((array) => array.name),
  });
  const encoded = groups.map(({ values, first, end }) => {
    const tensors = parameters()
      .slice(first, end)
      .map((parameter, i) => tensor(parameter, first + i));
    return `{"options":${encodeJson(values)},"tensors":${JSON.stringify(tensors)}}`;
  });
  return `[${encoded.join()}]`;
}

export function encodeMetadata(metadata: unknown): { metadata?: string } {
  if (metadata === undefined) return {};
  const where = 'options.metadata';
  const text = jsonOf(() => metadata, where);
  if (text !== undefined) return { metadata: text };
  throw failure(TypeError, 'ERR_INVALID_OPTION', `${where} ${KEPT}`, show(metadata));
}
