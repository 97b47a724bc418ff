import { failure, show } from '../errors.js';
import { lengthOf } from '../tensor.js';
import {
  type Binding,
  type ByteOrFloatArray,
  type Fault,
  type FloatArray,
  kinds,
} from './binding.js';
import { checkArray, checkFloats, checkParts, checkSegments } from './check.js';
import { faultError, finalized } from './faults.js';
import {
  type AllReduceOptions,
  type BroadcastOptions,
  type Choice,
  type CountsOptions,
  type ReduceScatterOptions,
  readAllGather,
  readAllReduce,
  readBroadcast,
  readReduceScatter,
} from './options.js';

/** The arguments of {@link Binding.collective}. */
type Call = [kind: number, array: ByteOrFloatArray | null, counts: Float64Array, option: number];

function callOf({ kind, option, counts }: Choice, array: ByteOrFloatArray | null = null): Call {
  return [kinds.indexOf(kind), array, Float64Array.from(counts), option];
}

const barrier = callOf({ kind: 'barrier', option: 0, counts: [] });
const finalize = callOf({ kind: 'finalize', option: 0, counts: [] });

/**
 * All processes that mpirun started: MPI_COMM_WORLD. {@link init} returns it.
 *
 * Every method but `abort` is one that all ranks call, in the same order, with arrays of the same type and length and the same
 * options. It works in place, right on the memory of the array, of any ArrayBuffer that is not resizable, or SharedArrayBuffer.
 * A method returns when it is done on this rank; its twin whose name ends in Async returns at once a promise of that, and several
 * may be under way: the array is to be left alone meanwhile. Before anything else all ranks compare what they are about to do,
 * so that each of them gets an error if that differs.
 *
 * Arguments that are wrong throw before anything was sent. Errors of all methods: ERR_INVALID_OPTION, ERR_UNKNOWN_OPTION,
 * ERR_TENSOR_TYPE, ERR_TENSOR_DETACHED, ERR_TENSOR_RESIZABLE and ERR_OUT_OF_MEMORY before; Error ERR_RANKS_DISAGREE if ranks do
 * not call the same, after which all have changed nothing and may go on; Error ERR_MPI with what MPI reports, after which there
 * is nothing to do but to end; Error ERR_MPI_FINALIZED after {@link finalize}.
 */
export class Communicator {
  /** The number of this process: 0, 1, ..., size - 1. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** The name of the machine that this process runs on, as MPI knows it. */
  readonly host: string;
  readonly #binding: Binding;
  #finalized = false;

  /** @internal */
  constructor(binding: Binding, world: { rank: number; size: number; host: string }) {
    this.#binding = binding;
    this.rank = world.rank;
    this.size = world.size;
    this.host = world.host;
  }

  /** Waits until all ranks have come here. MPI_Barrier; `comm.Barrier` of mpi4py, `barrier` of torch.distributed. */
  barrier(): void {
    this.#now(barrier);
  }

  /** {@link barrier}, as a promise. */
  async barrierAsync(): Promise<void> {
    return this.#later(barrier);
  }

  /**
   * Puts what all ranks have together, and gives it to all.
   *
   *     array[i] = operation(array[i] of rank 0, array[i] of rank 1, ...)
   *
   * With `order: 'fixed'` the bits depend on the numbers alone, and {@link reduceScatter} says what they are; it is that, then
   * {@link allGather}. MPI_Allreduce; `comm.Allreduce` of mpi4py, `all_reduce` of torch.distributed.
   *
   * @param array Float32Array or Float64Array; is written
   */
  allReduce(array: FloatArray, options: AllReduceOptions): void {
    this.#now(this.#allReduce(array, options));
  }

  /** {@link allReduce}, as a promise. */
  async allReduceAsync(array: FloatArray, options: AllReduceOptions): Promise<void> {
    return this.#later(this.#allReduce(array, options));
  }

  #allReduce(array: unknown, options: unknown): Call {
    checkFloats(array);
    return callOf(readAllReduce(options, lengthOf(array), this.size), array);
  }

  /**
   * Puts what all ranks have together, and gives each rank its part of the result, in the place that the part has in the array.
   * The rest of the array stays as it is.
   *
   *     array[i] = operation(array[i] of rank 0, array[i] of rank 1, ...)     where i is in this rank's part
   *
   * Numbers are added in the order of ranks, and the bits depend on the numbers alone: Float32Array in float64, rounded once,
   * Float64Array with the error of each addition carried along. The mean of equal numbers is that number, unless their float64
   * sum overflows. Needs memory for what the other ranks have of this rank's part: as much as the array, at most.
   *
   * MPI_Reduce_scatter; `comm.Reduce_scatter` of mpi4py, `reduce_scatter_tensor` of torch.distributed, which put the result
   * elsewhere, and whose bits depend on the library.
   *
   * @param array Float32Array or Float64Array; this rank's part is written
   */
  reduceScatter(array: FloatArray, options: ReduceScatterOptions): void {
    this.#now(this.#reduceScatter(array, options));
  }

  /** {@link reduceScatter}, as a promise. */
  async reduceScatterAsync(array: FloatArray, options: ReduceScatterOptions): Promise<void> {
    return this.#later(this.#reduceScatter(array, options));
  }

  #reduceScatter(array: unknown, options: unknown): Call {
    checkFloats(array);
    return callOf(readReduceScatter(options, lengthOf(array), this.size), array);
  }

  /**
   * Gives each rank's part of the array to all.
   *
   * MPI_Allgatherv in place; `comm.Allgatherv` of mpi4py, `all_gather_into_tensor` of torch.distributed.
   *
   * @param array Float32Array, Float64Array or Uint8Array; all but this rank's part is written
   */
  allGather(array: ByteOrFloatArray, options?: CountsOptions): void {
    this.#now(this.#allGather(array, options));
  }

  /** {@link allGather}, as a promise. */
  async allGatherAsync(array: ByteOrFloatArray, options?: CountsOptions): Promise<void> {
    return this.#later(this.#allGather(array, options));
  }

  #allGather(array: unknown, options: unknown): Call {
    checkArray(array);
    return callOf(readAllGather(options, lengthOf(array), this.size), array);
  }

  /**
   * Gives what one rank has to all.
   *
   * MPI_Bcast; `comm.Bcast` of mpi4py, `broadcast` of torch.distributed.
   *
   * @param array Float32Array, Float64Array or Uint8Array; is written, but on the root
   */
  broadcast(array: ByteOrFloatArray, options?: BroadcastOptions): void {
    this.#now(this.#broadcast(array, options));
  }

  /** {@link broadcast}, as a promise. */
  async broadcastAsync(array: ByteOrFloatArray, options?: BroadcastOptions): Promise<void> {
    return this.#later(this.#broadcast(array, options));
  }

  #broadcast(array: unknown, options: unknown): Call {
    checkArray(array);
    return callOf(readBroadcast(options, this.size), array);
  }

  /**
   * Sends parts of arrays to other ranks and receives parts from them. Between two ranks messages match in the order in which
   * they are listed. All ranks call it, also those that have nothing to send or receive.
   *
   * @param sends quadruples: rank, index into arrays, offset, length
   * @param receives the same
   * @internal
   */
  async exchange(
    arrays: readonly FloatArray[],
    sends: Float64Array,
    receives: Float64Array,
  ): Promise<void> {
    for (const [i, array] of arrays.entries()) checkFloats(array, `arrays[${i}]`);
    checkSegments(sends, 'sends', arrays, this.size);
    checkSegments(receives, 'receives', arrays, this.size);
    return this.#promise((done) => this.#binding.exchange(arrays, sends, receives, done));
  }

  /**
   * The mean of arrays of this process, as {@link reduceScatter} makes it of those of ranks.
   *
   *     out[i] = (parts[0][i] + parts[1][i] + ...) / parts.length
   *
   * @param out is written; may be one of the parts
   * @internal
   */
  mean(out: FloatArray, parts: readonly FloatArray[]): void {
    checkParts(out, parts);
    this.#binding.mean(out, parts);
  }

  /**
   * Ends all ranks at once, whatever they are doing. The reason is printed to stderr with this rank and its host. One rank is
   * enough to call it. MPI_Abort.
   *
   * @param code what mpirun ends with. Domain: an integer from 1 to 255. Default: 1
   */
  abort(reason: string, code = 1): never {
    if (typeof reason !== 'string') {
      throw failure(TypeError, 'ERR_INVALID_OPTION', 'reason to be a string', show(reason));
    }
    if (!Number.isInteger(code) || code < 1 || code > 255) {
      const Kind = typeof code === 'number' ? RangeError : TypeError;
      throw failure(Kind, 'ERR_INVALID_OPTION', 'code to be an integer from 1 to 255', show(code));
    }
    if (this.#finalized) throw finalized();
    return this.#binding.abort(reason, code);
  }

  /**
   * Ends MPI, which all ranks must do before they end; promises that are under way are kept first. A process that ends without,
   * by an error or by process.exit(), ends all ranks, as nobody can work together with it any more. MPI_Finalize.
   */
  finalize(): void {
    this.#now(finalize);
    this.#finalized = true;
  }

  #now(call: Call): void {
    if (this.#finalized) throw finalized();
    const fault = this.#binding.collective(...call);
    if (fault !== undefined) throw faultError(fault);
  }

  #later(call: Call): Promise<void> {
    return this.#promise((done) => this.#binding.collective(...call, done));
  }

  #promise(start: (done: (fault: Fault) => void) => Fault): Promise<void> {
    if (this.#finalized) throw finalized();
    return new Promise((resolve, reject) => {
      const settle = (fault: Fault) =>
        fault === undefined ? resolve() : reject(faultError(fault));
      const fault = start(settle);
      if (fault !== undefined) settle(fault);
    });
  }
}
