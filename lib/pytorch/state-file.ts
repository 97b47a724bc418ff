import { checkOptions, checkPath } from '../checkpoint/options.js';
import { requireInsides } from '../insides.js';
import type { AnyOptimizer } from '../optimizer.js';
import type { Header, TensorInfo } from '../safetensors/header.js';
import { readSafetensors } from '../safetensors/read.js';
import type { TransferOptions } from '../safetensors/transfer.js';
import { writeSafetensors } from '../safetensors/write.js';
import { readPyTorch } from './read.js';
import { writePyTorch } from './write.js';

export interface PyTorchOptions extends TransferOptions {
  /** Whose state and hyperparameters are written or replaced; parameters stay out of the file. */
  optimizer: AnyOptimizer;
}

/**
 * Writes a file from which PyTorch's class of the same name goes on, bit for bit but for PyTorch's square roots: state and
 * hyperparameters under PyTorch's names, as safetensors, which `load` of `python/optimizer_state.py` reads. There tensors
 * have no names, but the order of the groups and of the tensors in them. The parameters are not in it.
 *
 * Nothing that the training depends on is left out: an option that PyTorch's optimizer does not have is refused where it is
 * not what PyTorch does without it. That is what happens around the rule (`clipValue`, `clipNorm`, `clipGlobalNorm`, `lossScale`,
 * `dynamicLossScale`, `onNonFinite`, `accumulationSteps`, `zeroGradients`, `lowerBound`, `upperBound`, `averageDecay`, `frozen`,
 * `weightDecayExclude`), other ways of the rule itself, and narrow states. Set those to their defaults first, and do it in
 * PyTorch's loop (`clip_grad_norm_`, `GradScaler`, `requires_grad_`, groups of their own).
 *
 * Waits for its turn; until the promise is settled, the optimizer cannot step. What was at the path is replaced once the new
 * file is whole and on the disk.
 *
 * Rejects with RangeError ERR_NOT_IN_PYTORCH: an option or a type of numbers that PyTorch does not have, or a sum of
 * gradients that is not used yet; TypeError ERR_INVALID_OPTION, ERR_UNKNOWN_OPTION; RangeError ERR_CHECKPOINT_WRITE; the
 * signal's reason; what `onProgress` throws: the old file is as it was.
 *
 * @param path a file name, or a URL of one; a symbolic link stays one, and the file that it points to is replaced
 */
export async function savePyTorchState(path: string | URL, options: PyTorchOptions): Promise<void> {
  const file = checkPath(path);
  const transfer = checkOptions(options, ['optimizer']);
  const { takeTurn, state, groupsOfNow } = requireInsides(options.optimizer, 'options.optimizer');
  const groups = groupsOfNow();
  const save = async () => {
    const { tensors, metadata } = writePyTorch(state(), groups());
    await writeSafetensors(file, tensors, metadata, transfer);
  };
  return takeTurn('savePyTorchState()', save, transfer.signal);
}

/**
 * Takes over the state and the hyperparameters of PyTorch's class of the same name, and goes on from there, bit for bit but
 * for PyTorch's square roots. The file is one that `save` of `python/optimizer_state.py` or {@link savePyTorchState} wrote,
 * for as many groups and tensors in the same order, of the same types, with as many elements in whatever shape. Options of the
 * rule that PyTorch does not have are then what it does: `epsilonPlacement` is `'outside'`; so is `stateType`, `'float32'`.
 * What this optimizer does around the rule, such as clipping, it goes on doing: sums of gradients begin anew, and averages from
 * the parameters as they are at the end of the load, so put those of PyTorch there before. How PyTorch is to compute
 * (`foreach`, `fused`, `capturable`) and what its schedulers keep in the groups means nothing here.
 *
 * Waits for its turn; until the promise is settled, the optimizer cannot step. Needs memory for a second state until then.
 *
 * Rejects with TypeError, RangeError ERR_STATE_MISMATCH: a file of something else; ERR_INVALID_OPTION: a value that the
 * option cannot have here; RangeError ERR_NOT_IN_PYTORCH: parameters of 16 bits; ERR_CONFLICTING_OPTIONS,
 * ERR_OUT_OF_MEMORY, ERR_CHECKPOINT_READ, ERR_CHECKPOINT_FORMAT, ERR_TENSOR_DETACHED, ERR_TENSOR_LENGTH (parameters of which
 * averages are kept); TypeError ERR_UNKNOWN_OPTION; the signal's reason; what
 * `onProgress` throws: nothing has changed.
 */
export async function loadPyTorchState(path: string | URL, options: PyTorchOptions): Promise<void> {
  const file = checkPath(path);
  const transfer = checkOptions(options, ['optimizer']);
  const { takeTurnToLoad, rule, parameters, groups, replace } = requireInsides(
    options.optimizer,
    'options.optimizer',
  );
  const load = async () => {
    let accept: (() => void) | undefined;
    const receive = (header: Header) => {
      const { targets, finish } = readPyTorch(header, rule, parameters(), groups());
      accept = () => {
        const { state, values } = finish();
        replace(state, values);
      };
      return ({ name }: TensorInfo) => targets.get(name);
    };
    await readSafetensors(file, receive, { ...transfer, checksumRequired: false });
    accept?.();
  };
  return takeTurnToLoad('loadPyTorchState()', load, transfer.signal);
}
