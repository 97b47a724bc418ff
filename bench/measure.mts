export interface Budget {
  /** Seconds for one case. */
  readonly seconds: number;
  /** Milliseconds for one timing: as many calls as it takes. */
  readonly timing: number;
  readonly leastRounds: number;
}

/** Nanoseconds of one call, for every contestant and every round. */
export interface Rounds<Name extends string> {
  readonly nanoseconds: Record<Name, number[]>;
  readonly rounds: number;
  /** The share of timings during which another program took a processor from this one. */
  readonly interrupted: number;
}

/** How often a timing that was interrupted is taken again. */
const RETRIES = 3;

/**
 * Times all contestants in turn, again and again, so that whatever else the machine does meets them alike. The order is
 * reversed in every other round.
 */
export function measure<Name extends string>(
  contestants: Record<Name, () => void>,
  { seconds, timing, leastRounds }: Budget,
): Rounds<Name> {
  const names = Object.keys(contestants) as Name[];
  const nanoseconds = Object.fromEntries(
    names.map((name) => [name, [] as number[]]),
  ) as Rounds<Name>['nanoseconds'];
  for (const name of names) contestants[name]();
  const fastest = Math.min(...names.map((name) => time(contestants[name], 3)));
  const calls = Math.max(1, Math.ceil((timing * 1e6) / fastest));

  let rounds = 0;
  let timings = 0;
  let interruptions = 0;
  for (const end = performance.now() + seconds * 1e3; ; names.reverse()) {
    if (rounds >= leastRounds && performance.now() >= end) break;
    rounds++;
    for (const name of names) {
      const run = contestants[name];
      // Brings the tensors into the caches, where they fit, and wakes the threads.
      if (calls > 1) run();
      for (let retries = 0; ; retries++) {
        const before = interruptionsSoFar();
        const taken = time(run, calls);
        const calm = interruptionsSoFar() === before;
        timings++;
        if (!calm) interruptions++;
        if (!calm && retries < RETRIES) continue;
        nanoseconds[name].push(taken);
        break;
      }
    }
  }
  return { nanoseconds, rounds, interrupted: interruptions / timings };
}

function time(run: () => void, calls: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) run();
  return Number(process.hrtime.bigint() - start) / calls;
}

function interruptionsSoFar(): number {
  return process.resourceUsage().involuntaryContextSwitches;
}

/** Median and quartiles. */
export interface Spread {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const quantile = (q: number) => {
    const at = q * (sorted.length - 1);
    const below = sorted[Math.floor(at)];
    return below + (at % 1) * (sorted[Math.ceil(at)] - below);
  };
  return { median: quantile(0.5), lower: quantile(0.25), upper: quantile(0.75) };
}
