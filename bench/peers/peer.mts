import type { RuleKey } from '../contenders.mts';
import type { Contestant } from '../measure.mts';
import type { Tensors } from '../tensors.mts';

/** Another implementation of the rules. */
export interface Peer {
  /** What `--peers` calls it. */
  readonly key: string;
  readonly name: string;
  /** Of what computes. */
  readonly version: string;
  /** Makes it ready for such tensors. A string says why it cannot take part. */
  prepare(
    rule: RuleKey,
    tensors: Tensors,
    threads: number,
  ): Guest | string | Promise<Guest | string>;
  /** Ends what it started. */
  close?(): void;
}

/** A peer that takes part in one case. */
export interface Guest extends Contestant {
  /** Seconds until the first steps were done, for peers that compile. */
  readonly preparation?: number;
  release?(): void | Promise<void>;
}

/** A peer that is not installed. */
export interface Missing {
  readonly key: string;
  readonly name: string;
  readonly missing: string;
}
