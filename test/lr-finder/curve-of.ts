import { type LrFinderOptions, lrFinder, SGD } from '../../lib/index.js';

/** The curve of a range test that sees these losses. */
export function curveOf(loss: (i: number) => number, options?: LrFinderOptions) {
  const optimizer = new SGD(new Float32Array(1));
  return lrFinder(optimizer, (i) => ({ loss: loss(i), gradients: null }), options);
}
