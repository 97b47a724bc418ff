import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds over which the processors are watched. */
const WINDOW = 200;

/** How much of its processors other programs may take from a case. */
const TOLERANCE = 0.3;

/** Waits for other programs to leave processors alone, so many seconds in all. */
export class Patience {
  readonly #seconds: number;
  #left: number;

  /** Without any it does not even look. */
  constructor(seconds: number) {
    this.#seconds = seconds;
    this.#left = seconds * 1e3;
  }

  /** Whether so many processors are idle now, after waiting for them as long as patience lasts. */
  async waitFor(processors: number): Promise<boolean> {
    if (this.#seconds === 0) return true;
    const start = performance.now();
    let quiet = (await idleProcessors()) >= processors - TOLERANCE;
    while (!quiet && performance.now() - start < this.#left) {
      await sleep(1e3);
      quiet = (await idleProcessors()) >= processors - TOLERANCE;
    }
    this.#left -= performance.now() - start - WINDOW;
    return quiet;
  }
}

async function idleProcessors(): Promise<number> {
  const before = cpus();
  await sleep(WINDOW);
  const shares = cpus().map(({ times }, i) => {
    const all = Object.keys(times) as (keyof typeof times)[];
    const spent = (name: keyof typeof times) => times[name] - before[i].times[name];
    const total = all.reduce((sum, name) => sum + spent(name), 0);
    return total > 0 ? spent('idle') / total : 1;
  });
  return shares.reduce((sum, share) => sum + share, 0);
}
