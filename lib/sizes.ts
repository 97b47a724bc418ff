/** What states call the sizes of a tensor, and what its part is in the estimate of a distance. */
export const sizeNames = [
  'parameterSize',
  'directionSize',
  'distanceNumerator',
  'distanceDenominator',
] as const;
/** How many there are. */
export const SIZES = sizeNames.length;
