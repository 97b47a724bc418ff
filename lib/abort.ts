/** For each signal what it cancels. */
const cancels = new WeakMap<AbortSignal, Cancels>();

interface Cancels {
  readonly all: Set<() => void>;
  readonly listen: () => void;
}

/**
 * Calls `cancel` when the signal is aborted, until the function that this returns is called. A signal has one listener,
 * however much waits for it: it looks through all it has to add another, and warns of more than ten.
 */
export function onAbort(signal: AbortSignal | undefined, cancel: () => void): () => void {
  if (!signal) return () => {};
  const { all, listen } = cancels.get(signal) ?? listenTo(signal);
  all.add(cancel);
  return () => {
    if (!all.delete(cancel) || all.size > 0) return;
    cancels.delete(signal);
    try {
      signal.removeEventListener('abort', listen);
    } catch {
      // A signal that does not let itself be left alone: nobody listens any more.
    }
  };
}

function listenTo(signal: AbortSignal): Cancels {
  const all = new Set<() => void>();
  const listen = () => {
    for (const cancel of all) cancel();
  };
  signal.addEventListener('abort', listen);
  const made = { all, listen };
  cancels.set(signal, made);
  return made;
}
