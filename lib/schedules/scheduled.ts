import type { Values } from '../hyperparameters.js';

const scheduled = new WeakSet<object>();
let warned = false;

/** Remembers that something sets the rates of an optimizer from step to step. */
export function markScheduled(optimizer: object) {
  scheduled.add(optimizer);
}

/** Warns, once in a process, of an optimizer that needs a schedule and has none: a factor that was set counts as one. */
export function warnUnlessScheduled(
  optimizer: object,
  groups: readonly { readonly values: Values<object> }[],
) {
  if (warned || scheduled.has(optimizer)) return;
  if (groups.some(({ values }) => (values as { scheduleFactor?: number }).scheduleFactor !== 1))
    return;
  warned = true;
  process.emitWarning(
    'This optimizer estimates its learning rate, which never falls: it needs a Scheduler whose schedule falls to 0, such as schedules.cosine.',
    { type: 'RMSpropWarning', code: 'RMSPROP_NO_SCHEDULE' },
  );
}
