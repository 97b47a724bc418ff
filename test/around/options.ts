import type { Options } from '../variants.js';

/** One of each thing that happens around a step, then all that go together. */
export const around: Options[] = [
  { clipValue: 0.3 },
  { clipNorm: 0.5 },
  { clipGlobalNorm: 0.5 },
  { clipNorm: 0.5, clipGlobalNorm: 0.25 },
  { measureNorms: true },
  { lossScale: 3 },
  { lossScale: 0.001, onNonFinite: 'skip' },
  { dynamicLossScale: true, lossScale: 1024, lossScaleGrowthInterval: 2 },
  { accumulationSteps: 2 },
  { accumulationSteps: 3, lossScale: 7, clipGlobalNorm: 0.25 },
  { lowerBound: -0.5, upperBound: 0.25 },
  { upperBound: 0 },
  { averageDecay: 0.9 },
  { averageDecay: 0.25, lowerBound: -0.5 },
  { zeroGradients: true },
  { zeroGradients: true, accumulationSteps: 2 },
  {
    clipValue: 0.3,
    clipNorm: 0.5,
    clipGlobalNorm: 0.25,
    lossScale: 3,
    onNonFinite: 'skip',
    accumulationSteps: 2,
    zeroGradients: true,
    lowerBound: -0.5,
    upperBound: 0.25,
    averageDecay: 0.9,
    weightDecay: 0.01,
  },
];
