import type { Samples } from '../../examples/datasets.mts';
import type { Random } from '../../examples/random.mts';
import { batches } from '../../examples/training.mts';

/** Goes through the samples again and again, each time in another order. */
export function* endlessBatches(
  from: Samples,
  batch: number,
  random: Random,
): Generator<Samples, never> {
  for (;;) yield* batches(from, batch, random);
}
