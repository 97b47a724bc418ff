/** What is trained: a model of so many parameters, or, if undefined, the network of npm start for Fashion-MNIST. */
export interface Case {
  readonly name: string;
  readonly elements?: number;
}

/** Medians in milliseconds, of the slowest rank. */
export interface Figures {
  readonly name: string;
  readonly elements: number;
  readonly ranks: number;
  /** A step, with all that it sends. */
  readonly step: number;
  /** What it sends, with nothing else to do. */
  readonly communication: number;
  /** The mean of the gradients of a rank's shard, and the update of that, with nothing sent. */
  readonly mean: number;
  readonly update: number;
  /** The step of one process over all parameters, without others. */
  readonly single: number;
  /** The gradient of a rank's share of the batch. */
  readonly gradient: number | undefined;
  /** What a rank sends in a step. */
  readonly bytes: number;
  /** What its optimizer's state takes. */
  readonly state: number;
}

/** What the ranks print: figures, and what the way between two of them does. */
export interface Measured {
  readonly figures: readonly Figures[];
  /** Milliseconds of a message. */
  readonly latency: number;
  /** Bytes a millisecond, each way at once. */
  readonly bandwidth: number;
}
