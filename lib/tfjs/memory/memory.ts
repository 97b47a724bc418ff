import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/** How the kernel gets at the numbers of a backend's variables and gradients. */
export interface BackendMemory {
  /**
   * Makes the variable the only owner of its numbers, whose memory may be written then: clones and others who share them
   * keep what they see. May move other memory of the backend.
   */
  own(variable: Variable): void;
  /** The numbers of a variable that is their only owner: the same array as long as they lie at the same place. */
  parameter(variable: Variable): Float32Array;
  /** The numbers of a gradient, to be read. */
  gradient(tensor: Tensor): Float32Array;
  /** Tells the backend that the numbers of a variable were written to. */
  written(variable: Variable): void;
}
