import type { Values } from '../hyperparameters.js';
import type { Insides } from '../insides.js';
import type { OptimizerWideOptions } from '../optimizer-wide-options.js';
import type { GroupRange } from '../saved-state.js';
import { allocate } from '../state.js';
import { bytesOf, isDetached } from '../tensor.js';

/**
 * Copies the parameters, and has the optimizer go on with a copy of its state. Returns what brings back the bytes of the
 * former, the state itself, and the hyperparameters. Throws if there is no memory for the copies; nothing has changed then.
 */
export function takeSnapshot(insides: Insides): () => void {
  const parameters = insides.parameters();
  const copies = parameters.map(({ tensor, path }) => {
    const bytes = bytesOf(tensor);
    const copy = new Uint8Array(allocate(bytes.length, `a copy of params${path}`));
    copy.set(bytes);
    return copy;
  });
  const original = insides.state();
  const values = insides.groups().map((group) => group.values);
  insides.replace(original.clone(), values);
  return () => {
    insides.replace(original, values);
    for (const [i, { tensor }] of parameters.entries()) {
      // Memory that the caller has taken away meanwhile is the caller's again.
      if (isDetached(tensor)) continue;
      const bytes = bytesOf(tensor);
      bytes.set((copies[i] as Uint8Array).subarray(0, bytes.length));
    }
  };
}

/** The options that hold for all groups. */
export function optionsOf(insides: Insides): Values<OptimizerWideOptions> {
  return (insides.groups()[0] as GroupRange).values as Values<OptimizerWideOptions>;
}
