/** Something to be trained. */
export interface Task {
  readonly name: string;
  /** In a few words. */
  readonly about: string;
  /** How many steps a training has. */
  readonly steps: number;
  /** Parameters and data that are the same whenever the seed is. */
  start(seed: number): Training;
}

export type Tensors = Record<string, Float32Array>;

export interface Training {
  readonly parameters: Tensors;
  /** Those of the loss on the next batch. */
  gradients(): Tensors;
  /** The loss on data that are not trained on. */
  testLoss(): number;
}
