import type { FloatArray } from '../../lib/mpi/binding.js';
import type { Ranks } from '../../lib/mpi/ranks.js';
import { reduce } from './reduction.js';

/** What one rank brings to a call of all. */
interface Part {
  readonly kind: string;
  readonly run: (parts: readonly Part[]) => void;
  readonly data: unknown;
}

interface Message {
  readonly to: number;
  readonly array: FloatArray;
}

/** Ranks within this process: each call is made when all ranks have come to it. For what is built on them. */
export function simulatedRanks(size: number): Ranks[] {
  const calls: { parts: Part[]; done: Promise<void>; resolve: () => void }[] = [];
  const ofRank = (rank: number): Ranks => {
    let next = 0;
    const meet = (kind: string, data: unknown, run: Part['run']): Promise<void> => {
      const k = next++;
      if (!calls[k]) {
        let resolve = () => {};
        const done = new Promise<void>((settle) => {
          resolve = settle;
        });
        calls[k] = { parts: [], done, resolve };
      }
      const { parts, done, resolve } = calls[k] as (typeof calls)[number];
      parts[rank] = { kind, run, data };
      if (Object.keys(parts).length === size) {
        const kinds = new Set(parts.map((part) => part.kind));
        if (kinds.size > 1) throw new Error(`Ranks meet in different calls: ${[...kinds]}`);
        for (const part of parts) part.run(parts);
        resolve();
      }
      return done;
    };
    return {
      rank,
      size,
      allGatherAsync(array, { counts } = {}) {
        const lengths = counts ?? new Array(size).fill(array.length / size);
        const starts = lengths.map((_, r) => lengths.slice(0, r).reduce((a, b) => a + b, 0));
        return meet('allGather', array, (parts) => {
          for (const [r, { data }] of parts.entries()) {
            const [start, length] = [starts[r] as number, lengths[r] as number];
            array.set((data as FloatArray).slice(start, start + length), start);
          }
        });
      },
      broadcastAsync(array, { root = 0 } = {}) {
        return meet('broadcast', array, (parts) => array.set(parts[root]?.data as FloatArray));
      },
      exchange(arrays, sends, receives) {
        const list = (numbers: Float64Array): Message[] =>
          Array.from({ length: numbers.length / 4 }, (_, m) => {
            const [peer, k, offset, length] = numbers.subarray(4 * m) as never as number[];
            const array = arrays[k as number] as FloatArray;
            const end = (offset as number) + (length as number);
            return { to: peer as number, array: array.subarray(offset, end) };
          });
        return meet('exchange', list(sends), (parts) => {
          for (let peer = 0; peer < size; peer++) {
            const { data } = parts[peer] as Part;
            const sent = (data as Message[]).filter(({ to }) => to === rank);
            const received = list(receives).filter(({ to }) => to === peer);
            const lengths = (messages: Message[]) => messages.map(({ array }) => array.length);
            if (`${lengths(sent)}` !== `${lengths(received)}`) throw new Error('Messages differ');
            for (const [m, { array }] of received.entries()) array.set(sent[m]?.array as never);
          }
        });
      },
      mean: (out, parts) => reduce(out, parts, 'mean'),
    };
  };
  return Array.from({ length: size }, (_, rank) => ofRank(rank));
}
