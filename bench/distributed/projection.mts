/**
 * What a step takes on n hosts, out of what was measured on one. A rank's share of N parameters of float32 is N / n.
 *
 *   communication  2 * (n - 1) / n * 4 * N / bandwidth + messages * latency
 *   computation    N * (time of the mean) + N / n * (time of an update)
 *   step           the longer of both, and of the shorter what is not hidden: a bucket
 *
 * A mean reads what n - 1 others send of N / n parameters, about N numbers whatever n is. Messages of a bucket go to and
 * come from all others at once; what the network takes for one of them is waited for twice a bucket. Networks are as fast as
 * their name says in each direction, all hosts at once (no oversubscribed switches), and their latencies are usual ones.
 */
import { networks } from '../scaling/sharding.mts';

/** Elements of a rank's shard in a bucket. */
const BUCKET = 2 ** 18;

/** Milliseconds an element. */
export interface Costs {
  readonly mean: number;
  readonly update: number;
}

export interface Projection {
  readonly network: string;
  readonly hosts: number;
  /** Milliseconds. */
  readonly communication: number;
  readonly computation: number;
  readonly step: number;
  /** How long a host must compute its gradient for nine tenths of the time to go there. */
  readonly gradient: number;
}

export const HOSTS = [2, 8, 64];

export function project(elements: number, { mean, update }: Costs): Projection[] {
  return networks.flatMap(({ gigabits, latency }) =>
    HOSTS.map((hosts): Projection => {
      const buckets = Math.ceil(elements / hosts / BUCKET);
      const bandwidth = (gigabits * 1e9) / 8 / 1e3; // bytes a millisecond
      const traffic = (2 * (hosts - 1) * 4 * elements) / hosts;
      const communication = traffic / bandwidth + (2 * buckets * latency) / 1e6;
      const computation = elements * mean + (elements / hosts) * update;
      const [longer, shorter] = [communication, computation].sort((a, b) => b - a);
      const step = longer + shorter / buckets;
      const network = `${gigabits} Gb/s`;
      return { network, hosts, communication, computation, step, gradient: 9 * step };
    }),
  );
}
