import type { RMSpropOptions } from 'rmsprop';

/** An option around the step, and what it costs. */
export interface Case {
  readonly name: string;
  readonly options: RMSpropOptions;
  /** Bytes that it moves for each parameter, beside the rule's: the mean over the calls. */
  readonly bytes: number;
}

/** Of RMSprop: parameter and square average are read and written, the gradient is read. */
export const RULE_BYTES = 20;

export const cases: Case[] = [
  { name: 'clipValue', options: { clipValue: 0.01 }, bytes: 0 },
  { name: 'lossScale', options: { lossScale: 1024 }, bytes: 0 },
  { name: 'lowerBound, upperBound', options: { lowerBound: -1, upperBound: 1 }, bytes: 0 },
  { name: 'measureNorms', options: { measureNorms: true }, bytes: 4 },
  { name: 'clipNorm', options: { clipNorm: 1e-3 }, bytes: 4 },
  { name: 'clipGlobalNorm', options: { clipGlobalNorm: 1e-3 }, bytes: 4 },
  { name: "onNonFinite: 'skip'", options: { onNonFinite: 'skip' }, bytes: 4 },
  { name: 'dynamicLossScale', options: { dynamicLossScale: true, lossScale: 1024 }, bytes: 4 },
  // One call reads the gradient and reads and writes the sum, the other one does so beside the rule.
  { name: 'accumulationSteps: 2', options: { accumulationSteps: 2 }, bytes: (12 + 28) / 2 - 20 },
  { name: 'averageDecay', options: { averageDecay: 0.999 }, bytes: 8 },
  { name: 'zeroGradients', options: { zeroGradients: true }, bytes: 4 },
];
