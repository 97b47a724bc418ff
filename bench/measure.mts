export interface Budget {
  /** Seconds for one case. */
  readonly seconds: number;
  /** Milliseconds for one timing: as many calls as it takes. */
  readonly timing: number;
  readonly leastRounds: number;
  /** For each guest. */
  readonly leastTimings: number;
}

export interface Timing {
  /** Of one call. */
  readonly nanoseconds: number;
  /** Whether no other program took a processor away meanwhile. */
  readonly calm: boolean;
}

/** Something that can be timed. Before a timing of several calls it makes one that does not count. */
export interface Contestant {
  time(calls: number): Timing | Promise<Timing>;
}

/** Nanoseconds of one call for every contestant; NaN in rounds in which it did not run. */
export interface Rounds {
  readonly nanoseconds: Record<string, number[]>;
  readonly rounds: number;
  /** The share of timings during which another program took a processor. */
  readonly interrupted: number;
}

/** How often a timing that was interrupted is taken again. */
const RETRIES = 3;

/** Nanoseconds; a longer timing is interrupted nearly always where other programs run, and taken as it is. */
const LONG = 1e7;

/** How much longer the timings of guests are: they come seldom, and some run in a process that slept. */
const GUEST_TIMING = 3;

/**
 * Times the hosts and one of the guests in turn, again and again, so that whatever else the machine does meets them
 * alike. The order is reversed whenever all guests have been there.
 */
export async function measure(
  hosts: Record<string, Contestant>,
  guests: Record<string, Contestant>,
  { seconds, timing, leastRounds, leastTimings }: Budget,
): Promise<Rounds> {
  const everybody = { ...hosts, ...guests };
  const visitors = Object.keys(guests);
  const calls: Record<string, number> = {};
  for (const name of Object.keys(everybody)) {
    const factor = name in guests ? GUEST_TIMING : 1;
    calls[name] = await callsIn(factor * timing * 1e6, everybody[name]);
  }
  // The hosts all make the same number of calls: they are to be compared closely.
  const most = Math.max(...Object.keys(hosts).map((name) => calls[name]));
  for (const name of Object.keys(hosts)) calls[name] = most;

  const nanoseconds = Object.fromEntries(
    Object.keys(everybody).map((name) => [name, [] as number[]]),
  );
  const least = Math.max(leastRounds, leastTimings * visitors.length);
  const end = performance.now() + seconds * 1e3;
  let rounds = 0;
  let timings = 0;
  let interruptions = 0;
  for (; rounds < least || performance.now() < end; rounds++) {
    const cycle = Math.max(1, visitors.length);
    const turn = [...Object.keys(hosts), ...visitors.slice(rounds % cycle, (rounds % cycle) + 1)];
    if (Math.floor(rounds / cycle) % 2 === 1) turn.reverse();
    for (const name of Object.keys(everybody)) nanoseconds[name].push(Number.NaN);
    for (const name of turn) {
      for (let retries = 0; ; retries++) {
        const taken = await everybody[name].time(calls[name]);
        timings++;
        if (!taken.calm) interruptions++;
        const isShort = calls[name] * taken.nanoseconds < LONG;
        if (!taken.calm && isShort && retries < RETRIES) continue;
        nanoseconds[name][rounds] = taken.nanoseconds;
        break;
      }
    }
  }
  return { nanoseconds, rounds, interrupted: interruptions / timings };
}

async function callsIn(nanoseconds: number, contestant: Contestant): Promise<number> {
  let { nanoseconds: taken } = await contestant.time(1);
  // The first call may take many times as long as the others.
  for (let calls = 2; calls * taken < 20 * nanoseconds; calls *= 4) {
    taken = (await contestant.time(calls)).nanoseconds;
    if (calls * taken >= nanoseconds) break;
  }
  return Math.max(1, Math.ceil(nanoseconds / taken));
}

/** Something that runs in this process; what returns a promise is waited for. */
export function local(run: () => unknown, before: () => void = () => {}): Contestant {
  return {
    async time(calls) {
      before();
      // Brings the tensors into the caches, where they fit, and wakes the threads.
      if (calls > 1) await run();
      const interruptions = interruptionsSoFar();
      const start = process.hrtime.bigint();
      for (let i = 0; i < calls; i++) {
        const pending = run();
        if (pending instanceof Promise) await pending;
      }
      const nanoseconds = Number(process.hrtime.bigint() - start) / calls;
      return { nanoseconds, calm: interruptionsSoFar() === interruptions };
    },
  };
}

function interruptionsSoFar(): number {
  return process.resourceUsage().involuntaryContextSwitches;
}
