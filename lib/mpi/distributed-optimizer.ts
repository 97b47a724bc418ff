import { randomBytes } from 'node:crypto';
import { memoryFault, resizableFault } from '../check.js';
import { checkPath } from '../checkpoint/options.js';
import { failure, show } from '../errors.js';
import { findNorms } from '../find-norms.js';
import { type Insides, requireInsides } from '../insides.js';
import { CHUNK, chunksOf, firstChunksOf } from '../norms.js';
import type { AnyOptimizer, Optimizer as AnyRuleOptimizer } from '../optimizer.js';
import type { OptimizerWideOptions } from '../optimizer-wide-options.js';
import type { Gradients, Parameter } from '../params.js';
import type { Pieces } from '../pieces.js';
import type { SampleSums } from '../relative-cap.js';
import { SAMPLE_SUMS } from '../samples.js';
import type { StepResult } from '../step-control.js';
import type { StepGroup } from '../step-group.js';
import { Phase, Request } from '../step-memory.js';
import { together } from './agreement.js';
import type { FloatArray } from './binding.js';
import { BucketExchange } from './bucket-exchange.js';
import { rankFailed } from './faults.js';
import { gather } from './gather.js';
import { loadShard } from './load-shards.js';
import { readManifest } from './manifest.js';
import { makeParts, type OptimizerClass, type Parts } from './parts.js';
import type { Ranks } from './ranks.js';
import { saveShards } from './save-shards.js';
import type { Segment, Shards } from './shards.js';

/** Who trains together, and in what pieces they talk. */
export interface DistributionOptions {
  /** The ranks that train together: what `init()` returns. */
  comm: Ranks;
  /**
   * About how many elements of a rank's shard are communicated at once, while those before are updated. Domain: integers of at
   * least 4096. Default: 2^18.
   */
  bucketLength?: number | undefined;
}

/** Bytes that a rank needs beside parameters and gradients. */
export interface ShardMemory {
  /** Elements of all parameters. */
  readonly elements: number;
  /** Elements of this rank's shard. */
  readonly shardElements: number;
  /** The state of the shard. */
  readonly state: number;
  /** Its mean gradient. */
  readonly gradient: number;
  /** Room for what other ranks send of it. */
  readonly buffers: number;
}

/**
 * An optimizer of several processes, its ranks, that train the same model on data of their own.
 *
 * In a step every rank gives the gradients of its share of the batch; their mean is what a single process would step with.
 * Each rank keeps the state of a shard of the parameters, about as many elements on each, receives the mean gradient of that
 * shard (reduce-scatter), updates it, and sends it to all (all-gather): twice (n - 1) / n of the parameters in each direction,
 * as little as can be. One bucket is updated while others are on their way.
 *
 * Bits: the mean is summed in the order of ranks, in float64 (for Float64Array with the rounding errors of the sum), so the
 * bits depend on nothing but the gradients; where they are equal on all ranks they are those of one process with them,
 * whatever the number of ranks. Norms, clipping, loss scaling and skipping are those of all gradients together, on all ranks.
 *
 * As ZeRO-2 (Rajbhandari et al., arXiv:1910.02054) and PyTorch's ZeroRedundancyOptimizer, which keeps whole tensors on a
 * rank.
 */
export class DistributedOptimizer<P extends object, Optimizer extends AnyOptimizer> {
  /**
   * The optimizer of this rank's shard: hyperparameters, groups and schedules are set there, to the same on all ranks, which
   * every step looks at. Its state and its parameters are the shard's alone, and so are its own steps, which nobody should
   * make.
   */
  readonly optimizer: Optimizer;
  readonly #ranks: Ranks;
  readonly #insides: Insides;
  /** Whole tensors, as the caller has them. */
  readonly #parameters: readonly Parameter[];
  readonly #shards: Shards;
  readonly #own: readonly Segment[];
  readonly #exchange: BucketExchange;
  /** For each tensor the number of its first chunk of norms, of all. */
  readonly #firstChunks: readonly number[];
  /** For each rank how many chunks its shard has. */
  readonly #chunkCounts: readonly number[];
  /** Why no step can be made any more. */
  #broken: Error | undefined;

  private constructor(ranks: Ranks, parts: Parts<Optimizer>) {
    const { optimizer, parameters, shards, own } = parts;
    this.#ranks = ranks;
    this.optimizer = optimizer;
    this.#insides = requireInsides(optimizer, 'Optimizer');
    this.#parameters = parameters;
    this.#shards = shards;
    this.#own = own;
    this.#exchange = new BucketExchange(ranks, tensorsOf(parameters), shards, own);
    this.#firstChunks = firstChunksOf(parameters.map(({ length }) => length));
    this.#chunkCounts = shards.ofRanks.map((segments) =>
      segments.reduce((sum, { from, to }) => sum + chunksOf(to - from), 0),
    );
    Object.freeze(this);
  }

  /**
   * Makes the optimizer on all ranks together. The parameters of rank 0 become those of all.
   *
   * @param Class a class of this package: `RMSprop`
   * @param params as those of the class, Float32Array and Float64Array only: the same names, types and lengths on all ranks
   * @param options as those of the class, the same on all ranks
   * @returns a promise that rejects on all ranks with what is wrong: the errors of the class and TypeError ERR_TENSOR_TYPE on
   * the rank that has them, ERR_RANK_FAILED on the others; RangeError ERR_RANKS_DISAGREE
   */
  static async create<P extends object, Options extends object, Optimizer extends AnyOptimizer>(
    Class: OptimizerClass<Options, Optimizer>,
    params: P,
    options: Options | undefined,
    distribution: DistributionOptions,
  ): Promise<DistributedOptimizer<P, Optimizer>> {
    const { comm, bucketLength = 2 ** 18 } = distribution;
    const distributed = await together(comm, 'DistributedOptimizer.create()', () => {
      checkBucketLength(bucketLength);
      const parts = makeParts(Class, params, options, comm, bucketLength);
      const { rule, groups } = requireInsides(parts.optimizer, 'Class');
      const statement = {
        rule: rule.name,
        bucketLength,
        params: parts.parameters.map(({ path, type, length }) => [path, type, length]),
        groups: groups().map(({ values }) => values),
      };
      return { value: new DistributedOptimizer<P, Optimizer>(comm, parts), statement };
    });
    for (const tensor of tensorsOf(distributed.#parameters)) {
      await comm.broadcastAsync(tensor, { root: 0 });
    }
    return distributed;
  }

  /**
   * Updates all parameters on all ranks, once. Every rank calls it, with its own gradients, which are in use until the promise
   * resolves, as are the parameters.
   *
   * @param gradients in the shape of the parameters; null, for the same tensors on all ranks, leaves a tensor as it is
   * @returns a promise of what the step did and measured, the same on all ranks. If something is wrong on one of them, it
   * rejects on all, and nothing has changed: there with the errors of the class's `step` and ERR_TENSOR_RESIZABLE, on the
   * others with ERR_RANK_FAILED; with RangeError ERR_RANKS_DISAGREE if hyperparameters or null gradients are not the same
   */
  step(gradients: Gradients<P>): Promise<StepResult> {
    const groups = this.#insides.groupsOfNow();
    let list: unknown[] = [];
    let fault: unknown;
    try {
      list = this.#insides.collect(gradients);
    } catch (error) {
      fault = error;
    }
    return this.#insides.takeTurn(
      'step()',
      async () => {
        if (this.#broken) throw this.#broken;
        const now = groups();
        const pieces = await together(this.#ranks, 'step()', () => {
          if (fault !== undefined) throw fault;
          return { value: this.#begin(list, now), statement: this.#statement(list, now) };
        });
        try {
          return await this.#make(pieces, list as (FloatArray | null)[]);
        } catch (error) {
          if ((error as { code?: unknown }).code === 'ERR_GRADIENT_NOT_FINITE') throw error;
          this.#broken = rankFailed(
            'A step of all ranks was broken off: start again from a checkpoint',
            error,
          );
          throw this.#broken;
        }
      },
      undefined,
    );
  }

  /**
   * Saves parameters, state and hyperparameters of all ranks in one folder, which all of them see: a file for each shard, then
   * a manifest. Until that is whole and on the disk, the folder holds what it held before, whatever ends in between. Every
   * rank calls it.
   *
   * Rejects on all ranks if something is wrong on one of them: there with TypeError ERR_INVALID_OPTION, ERR_UNKNOWN_OPTION or
   * RangeError ERR_CHECKPOINT_WRITE, on the others with ERR_RANK_FAILED.
   *
   * @param options `metadata`: whatever else is needed to go on, as JSON; that of rank 0 is saved
   */
  async save(folder: string | URL, options?: { metadata?: unknown }): Promise<void> {
    const groups = this.#insides.groupsOfNow();
    return this.#insides.takeTurn(
      'save()',
      async () => {
        if (this.#broken) throw this.#broken;
        const id = randomBytes(8).toString('hex');
        const what = {
          insides: this.#insides,
          groups: groups(),
          parameters: this.#parameters,
          shards: this.#shards.ofRanks,
        };
        await saveShards(this.#ranks, id, folder, options, what);
      },
      undefined,
    );
  }

  /**
   * Takes over what {@link save} has saved, with the same or another number of ranks: training goes on bit for bit. Every rank
   * calls it. Needs memory for a second shard, and for those parts of saved shards that it is made of.
   *
   * Rejects on all ranks if something is wrong on one of them, and nothing has changed: there with TypeError
   * ERR_INVALID_OPTION; RangeError ERR_CHECKPOINT_READ, ERR_CHECKPOINT_FORMAT, ERR_STATE_MISMATCH, on the others with
   * ERR_RANK_FAILED.
   *
   * @returns a promise of the metadata
   */
  // biome-ignore lint/suspicious/noExplicitAny: as JSON.parse
  async load<Metadata = any>(folder: string | URL): Promise<Metadata> {
    const load = async () => {
      if (this.#broken) throw this.#broken;
      const { loaded, metadata } = await together(this.#ranks, 'load()', async () => {
        const path = checkPath(folder);
        const manifest = await readManifest(path);
        const shard = loadShard(path, manifest, this.#insides, this.#parameters, this.#own);
        const value = { loaded: await shard, metadata: manifest.metadata as Metadata };
        return { value, statement: { checkpoint: manifest.id } };
      });
      for (const [i, { tensor }] of this.#insides.parameters().entries()) {
        (tensor as FloatArray).set(loaded.parameters[i] as FloatArray);
      }
      this.#insides.replace(loaded.state, loaded.values);
      await this.#exchange.spreadAll();
      return metadata;
    };
    return this.#insides.takeTurnToLoad('load()', load, undefined);
  }

  /**
   * Puts the averages of parameters that `averageDecay` keeps in their place on all ranks, for validation. Every rank calls it,
   * and {@link swapOutAverages} before anything else of the optimizer.
   *
   * Rejects on all ranks if something is wrong on one of them: there with RangeError ERR_NO_AVERAGES, ERR_OPTIMIZER_BUSY and the
   * other errors of the class's `swapInAverages`, on the others with ERR_RANK_FAILED.
   */
  async swapInAverages(): Promise<void> {
    await this.#swap('swapInAverages()', ({ swapInAverages }) => swapInAverages);
  }

  /** Puts the parameters back on all ranks, bit for bit. Rejects as {@link swapInAverages} does. */
  async swapOutAverages(): Promise<void> {
    await this.#swap('swapOutAverages()', ({ swapOutAverages }) => swapOutAverages);
  }

  async #swap(call: string, methodOf: (optimizer: Averaging) => () => void) {
    const optimizer = this.optimizer as unknown as Averaging;
    await together(this.#ranks, call, () => {
      methodOf(optimizer).call(optimizer);
      return { value: undefined, statement: {} };
    });
    await this.#exchange.spreadAll();
  }

  /** What this rank needs of memory. */
  get memory(): ShardMemory {
    const elements = this.#parameters.reduce((sum, { length }) => sum + length, 0);
    const shardElements = this.#own.reduce((sum, { from, to }) => sum + to - from, 0);
    const state = this.#insides.state().arena.byteLength;
    return { elements, shardElements, state, ...this.#exchange.bytes };
  }

  #begin(list: unknown[], groups: readonly StepGroup[]): Pieces {
    const fault =
      memoryFault(this.#parameters, list, zeroesGradients(groups)) ??
      resizableFault(this.#parameters, list, 0, list.length);
    if (fault) throw fault;
    return this.#insides.beginPieces(list, groups, this.#parameters);
  }

  #statement(list: readonly unknown[], groups: readonly StepGroup[]) {
    const left = this.#parameters.filter((_, i) => list[i] === null);
    return {
      step: this.#insides.state().counters.updates,
      nullGradients: left.map(({ path }) => path),
      groups: groups.map(({ values }) => values),
    };
  }

  async #make(pieces: Pieces, gradients: readonly (FloatArray | null)[]): Promise<StepResult> {
    const { request } = pieces.request.step;
    const shard = this.#exchange.gradientOfShard(gradients);
    const spreads: Promise<void>[] = [];
    let refused = false;
    const updates = request[Request.ACCUMULATES] === 0;
    const run = (own: readonly Segment[]) => {
      for (const segment of own) this.#run(pieces, segment, shard);
    };
    const update = (own: readonly Segment[], k: number) => {
      run(own);
      if (!updates) return;
      const spread = this.#exchange.spread(k, (tensor) => gradients[tensor] !== null);
      spread.catch(() => {}); // whoever waits for it hears of it
      spreads.push(spread);
    };
    if (request[Request.MEASURES] === 0) {
      await this.#exchange.reduce(gradients, update);
    } else {
      const buckets: Segment[][] = [];
      request[Request.PHASE] = Phase.ONLY_SUMS;
      await this.#exchange.reduce(gradients, (own, k) => {
        run(own);
        buckets[k] = own;
      });
      await this.#findNorms(pieces);
      request[Request.PHASE] = Phase.AFTER_NORMS;
      refused = request[Request.REFUSES] === 1 && Number.isNaN(pieces.request.step.norms[0]);
      if (!refused) for (const [k, own] of buckets.entries()) update(own, k);
    }
    await Promise.all(spreads);
    const zeroes = request[refused ? Request.ZEROES_REFUSED : Request.ZEROES] === 1;
    if (zeroes) for (const gradient of gradients) gradient?.fill(0);
    return pieces.conclude(await this.#gatherSamples(pieces, refused));
  }

  /** The part of the step that is a segment's of this rank. */
  #run({ plan }: Pieces, { tensor, from, to }: Segment, shard: readonly (FloatArray | null)[]) {
    const { from: first } = this.#own[tensor] as Segment;
    if (plan.stepTensor(tensor, shard[tensor], from - first, to - first)) return;
    throw memoryFault(this.#insides.parameters()) ?? new Error('The memory of the shard is in use');
  }

  /** What the samples of all shards add up to, if the step has looked at them. */
  async #gatherSamples({ request }: Pieces, refused: boolean): Promise<SampleSums | undefined> {
    if (request.step.request[Request.SAMPLES] === 0 || refused) return undefined;
    const counts = this.#chunkCounts.map((count) => SAMPLE_SUMS * count);
    const { all: samples } = await gather(this.#ranks, request.step.samples, counts);
    return { samples, firstChunks: this.#firstChunks, tensors: this.#parameters };
  }

  /** The norms of all gradients, from the sums of squares of all shards. */
  async #findNorms({ request }: Pieces) {
    const { all: sums } = await gather(this.#ranks, request.step.sums, this.#chunkCounts);
    const count = (i: number) => chunksOf((this.#parameters[i] as Parameter).length);
    const ofChunks = { sums, firstChunks: this.#firstChunks, count };
    findNorms(request, ofChunks, 0, this.#parameters.length);
  }
}

type Averaging = Pick<AnyRuleOptimizer<unknown, object>, 'swapInAverages' | 'swapOutAverages'>;

function tensorsOf(parameters: readonly Parameter[]): FloatArray[] {
  return parameters.map(({ tensor }) => tensor as FloatArray);
}

function checkBucketLength(bucketLength: number) {
  if (Number.isSafeInteger(bucketLength) && bucketLength >= CHUNK) return;
  const expected = `bucketLength to be an integer of at least ${CHUNK}`;
  throw failure(RangeError, 'ERR_INVALID_OPTION', expected, show(bucketLength));
}

/** Whether the step writes the caller's gradients. */
function zeroesGradients([first]: readonly StepGroup[]): boolean {
  return (first as StepGroup & { values: OptimizerWideOptions }).values.zeroGradients === true;
}
