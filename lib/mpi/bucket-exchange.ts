import type { FloatArray } from './binding.js';
import type { Ranks } from './ranks.js';
import type { Segment, Shards } from './shards.js';

/** So many buckets are on their way to their ranks at once. */
const DEPTH = 2;

/** What one rank has of a step of all: gradients on their way in, and parameters on their way out. */
export class BucketExchange {
  readonly #ranks: Ranks;
  readonly #parameters: readonly FloatArray[];
  readonly #shards: Shards;
  /** Memory for the mean gradient of this rank's shard, tensor by tensor; a single rank needs none. */
  readonly #means: readonly FloatArray[];
  /** For each tensor the number of the first element of this rank's shard. */
  readonly #firsts: readonly number[];
  /** For each bucket that is on its way, room for what the other ranks send, one after the other. */
  readonly #rooms: readonly ArrayBuffer[];

  /** @param own this rank's segment of each tensor */
  constructor(
    ranks: Ranks,
    parameters: readonly FloatArray[],
    shards: Shards,
    own: readonly Segment[],
  ) {
    this.#ranks = ranks;
    this.#parameters = parameters;
    this.#shards = shards;
    this.#firsts = own.map(({ from }) => from);
    const shard = ranks.size > 1 ? own : [];
    this.#means = shard.map(({ tensor, from, to }) => alike(parameters[tensor], to - from));
    const sizes = shards.buckets.map((bucket) => this.#bytes(bucket[ranks.rank] as Segment[]));
    const room = (ranks.size - 1) * Math.max(...sizes);
    this.#rooms = Array.from(
      { length: Math.min(DEPTH, sizes.length) },
      () => new ArrayBuffer(room),
    );
  }

  /** The bytes of memory that it takes. */
  get bytes(): { gradient: number; buffers: number } {
    const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
    return {
      gradient: sum(this.#means.map(({ byteLength }) => byteLength)),
      buffers: sum(this.#rooms.map(({ byteLength }) => byteLength)),
    };
  }

  /**
   * Brings the mean gradient of this rank's shard here, bucket by bucket, and calls `use` with the segments of each when it is
   * there, while others are on their way.
   *
   * @param gradients null for tensors that the step leaves alone
   */
  async reduce(
    gradients: readonly (FloatArray | null)[],
    use: (own: Segment[], k: number) => void,
  ) {
    const { buckets } = this.#shards;
    const present = buckets.map((bucket) =>
      bucket.map((segments) => segments.filter(({ tensor }) => gradients[tensor] !== null)),
    );
    if (this.#ranks.size === 1) {
      for (const [k, [own]] of present.entries()) use(own as Segment[], k);
      return;
    }
    const arriving: Promise<FloatArray[][]>[] = [];
    const start = (k: number) => {
      if (k >= buckets.length) return;
      const arrival = this.#start(gradients, present[k] as Segment[][], k);
      arrival.catch(() => {}); // whoever waits for it hears of it
      arriving[k] = arrival;
    };
    for (let k = 0; k < DEPTH; k++) start(k);
    for (const [k, bucket] of present.entries()) {
      const own = bucket[this.#ranks.rank] as Segment[];
      const parts = await (arriving[k] as Promise<FloatArray[][]>);
      for (const [n, segment] of own.entries()) {
        this.#ranks.mean(this.#meanOf(segment), parts[n] as FloatArray[]);
      }
      start(k + DEPTH);
      use(own, k);
    }
  }

  /** Sends the parts of a bucket. Resolves to those of this rank's segments, in the order of ranks. */
  async #start(gradients: readonly (FloatArray | null)[], bucket: Segment[][], k: number) {
    const { rank, size } = this.#ranks;
    const own = bucket[rank] as Segment[];
    const arrays = gradients.map((gradient) => gradient ?? nothing);
    const receives: number[] = [];
    const parts: FloatArray[][] = own.map(() => []);
    const room = this.#rooms[k % DEPTH] as ArrayBuffer;
    let at = 0;
    for (let peer = 0; peer < size; peer++) {
      for (const [n, { tensor, from, to }] of own.entries()) {
        if (peer === rank) {
          parts[n]?.push((gradients[tensor] as FloatArray).subarray(from, to));
          continue;
        }
        const part = alike(gradients[tensor] as FloatArray, to - from, room, at);
        at = align(at + part.byteLength);
        receives.push(peer, arrays.length, 0, to - from);
        arrays.push(part);
        parts[n]?.push(part);
      }
    }
    const sends = this.#toOthers((peer) => bucket[peer] as Segment[]);
    await this.#ranks.exchange(arrays, sends, Float64Array.from(receives));
    return parts;
  }

  /** Gives every rank the parameters of bucket k, which were updated: those of tensors that got a gradient. */
  async spread(k: number, isUpdated: (tensor: number) => boolean) {
    const { rank, size } = this.#ranks;
    if (size === 1) return;
    const bucket = (this.#shards.buckets[k] as Segment[][]).map((segments) =>
      segments.filter(({ tensor }) => isUpdated(tensor)),
    );
    const sends = this.#toOthers(() => bucket[rank] as Segment[]);
    const receives = this.#toOthers((peer) => bucket[peer] as Segment[]);
    await this.#ranks.exchange(this.#parameters, sends, receives);
  }

  /** Gives every rank the parameters of all. */
  async spreadAll() {
    for (const k of this.#shards.buckets.keys()) await this.spread(k, () => true);
  }

  /** Where {@link reduce} puts the mean gradient of this rank's shard, tensor by tensor: that of a single rank is there. */
  gradientOfShard(gradients: readonly (FloatArray | null)[]): readonly (FloatArray | null)[] {
    return this.#ranks.size === 1 ? gradients : this.#means;
  }

  /** What `exchange` takes for segments that go to each of the other ranks, or come from it. */
  #toOthers(segmentsOf: (peer: number) => readonly Segment[]): Float64Array {
    const { rank, size } = this.#ranks;
    const others = Array.from({ length: size }, (_, peer) => peer).filter((peer) => peer !== rank);
    const fields = others.flatMap((peer) =>
      segmentsOf(peer).flatMap(({ tensor, from, to }) => [peer, tensor, from, to - from]),
    );
    return Float64Array.from(fields);
  }

  #meanOf({ tensor, from, to }: Segment): FloatArray {
    const first = this.#firsts[tensor] as number;
    return (this.#means[tensor] as FloatArray).subarray(from - first, to - first);
  }

  #bytes(segments: readonly Segment[]): number {
    return segments.reduce((sum, { tensor, from, to }) => {
      const { BYTES_PER_ELEMENT } = this.#parameters[tensor] as FloatArray;
      return align(sum + (to - from) * BYTES_PER_ELEMENT);
    }, 0);
  }
}

const nothing = new Float32Array(0);

/** Up to the next multiple of the largest element. */
function align(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** An array of the same class, in memory of its own or in this. */
function alike(array: FloatArray | undefined, length: number, room?: ArrayBuffer, at = 0) {
  const View = array instanceof Float64Array ? Float64Array : Float32Array;
  return room ? new View(room, at, length) : new View(length);
}
