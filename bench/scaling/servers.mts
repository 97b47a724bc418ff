import type { Computer, Work } from './model.mts';
import { type RuleCost, stepTime } from './model.mts';

/** A socket that is on paper only. */
export interface Server extends Computer {
  /** GB/s that its memory has by its channels. */
  readonly nominal: number;
}

/** How much of the nominal bandwidth a loop gets that reads and writes. */
export const SUSTAINED = 0.8;

/** Channels, millions of transfers a second (of 8 bytes), MB of the last cache. */
const sockets = [
  { name: '2 channels DDR4-3200', channels: 2, transfers: 3200, lastLevel: 32 },
  { name: '8 channels DDR5-4800', channels: 8, transfers: 4800, lastLevel: 128 },
  { name: '12 channels DDR5-4800', channels: 12, transfers: 4800, lastLevel: 384 },
];

export const coreCounts = [1, 2, 4, 8, 16, 32, 64];
export const paperSizes = [1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/** Each with cores like those of this machine, which alone get what they get here, if the memory has it. */
export function serversLike({ secondLevel, cache, memory, team }: Computer): Server[] {
  return sockets.map(({ name, channels, transfers, lastLevel }) => {
    const nominal = (channels * transfers * 8) / 1e3;
    const all = SUSTAINED * nominal;
    return {
      name,
      nominal,
      secondLevel,
      lastLevel: lastLevel * 2 ** 20,
      // A last cache grows with the cores that it serves.
      cache: { core: cache.core, all: Number.POSITIVE_INFINITY },
      memory: { core: Math.min(memory.core, all), all },
      team,
    };
  });
}

/** A row of the table of predictions. */
export interface Prediction {
  readonly server: Server;
  readonly elements: number;
  /** Nanoseconds, for each count of cores. */
  readonly times: number[];
}

export function predictions(cost: RuleCost, servers: readonly Server[]): Prediction[] {
  return servers.flatMap((server) =>
    paperSizes.map((elements) => {
      const work: Work = { elements, tensors: 1 };
      const times = coreCounts.map((cores) => stepTime(cost, server, work, cores));
      return { server, elements, times };
    }),
  );
}
