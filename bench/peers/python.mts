import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuleKey } from '../contenders.mts';
import type { Timing } from '../measure.mts';
import type { Shape } from '../tensors.mts';
import type { Missing, Peer } from './peer.mts';

export const pythonPeers = {
  'torch-loop': 'PyTorch for-loop',
  'torch-foreach': 'PyTorch foreach',
  'torch-fused': 'PyTorch fused',
  'torch-compile': 'torch.compile',
  optax: 'optax jit',
};

type Key = keyof typeof pythonPeers;

/** Milliseconds in which the threads of a process that has nothing more to do stop spinning and sleep. */
const CALM_DOWN = 10;

const script = new URL('../peers.py', import.meta.url).pathname;

/** Those of the peers that this Python has. */
export async function openPython(
  python: string,
  keys: readonly Key[],
): Promise<(Peer | Missing)[]> {
  // The number of threads of some peers is fixed when they start, so each has a process of its own.
  const workers = new Map<number, Worker>();
  const workerFor = (threads: number) => {
    const worker = workers.get(threads) ?? new Worker(python, threads);
    workers.set(threads, worker);
    return worker;
  };
  const close = () => {
    for (const worker of workers.values()) worker.close();
    workers.clear();
  };

  const list = await workerFor(1).ask<List>({ do: 'list' });
  if ('error' in list) {
    close();
    return keys.map((key) => ({ key, name: pythonPeers[key], missing: list.error }));
  }
  return keys.map((key) => {
    const name = pythonPeers[key];
    const found = list.peers[key];
    if ('missing' in found) return { key, name, missing: found.missing };
    return {
      key,
      name,
      version: `${found.version}, Python ${list.python}`,
      close,
      async prepare(rule, { shape }, threads) {
        const unfit = whyNot(key, rule, shape);
        if (unfit !== undefined) return unfit;
        const worker = workerFor(threads);
        const { count, length } = shape;
        const ready = await worker.ask<{ seconds: number }>({
          do: 'prepare',
          peer: key,
          rule,
          count,
          length,
          threads,
        });
        if ('error' in ready) return ready.error;
        return {
          preparation: ready.seconds,
          async time(calls) {
            if (threads > 1) await sleep(CALM_DOWN);
            const timing = await worker.ask<Timing>({ do: 'time', peer: key, calls });
            if ('error' in timing) throw new Error(`${name}: ${timing.error}`);
            if (threads > 1) await sleep(CALM_DOWN);
            return timing;
          },
          async release() {
            await worker.ask({ do: 'release' });
          },
        };
      },
    };
  });
}

function whyNot(key: Key, rule: RuleKey, { count }: Shape): string | undefined {
  // The prodigy of optax has Adam's averages, which is another rule.
  if (rule === 'prodigy-rmsprop') return 'has no such rule';
  if (key !== 'optax' && rule.startsWith('schedule-free')) return 'has no such rule';
  if (key === 'torch-fused' && rule.startsWith('rmsprop')) return 'has no such rule';
  if (key !== 'torch-compile' || count === 1) return undefined;
  // It unrolls the loop over the tensors: 20 to 50 seconds for 200, over five minutes for 2000.
  if (count > 200) return 'compiling takes minutes';
  return rule === 'rmsprop' || rule === 'adam' ? undefined : 'compiling takes most of a minute';
}

interface List {
  readonly python: string;
  readonly peers: Record<Key, { version: string } | { missing: string }>;
}

/** One Python that answers requests in turn. */
class Worker {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #failure = '';

  constructor(python: string, threads: number) {
    const flags =
      threads > 1 ? '' : '--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1';
    this.#child = spawn(python, [script], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        OMP_NUM_THREADS: `${threads}`,
        NPROC: `${threads}`, // of jax
        XLA_FLAGS: `${process.env.XLA_FLAGS ?? ''} ${flags}`.trim(),
      },
    });
    this.#child.on('error', (error) => {
      this.#failure = error.message;
    });
    this.#child.stdin?.on('error', () => {}); // the answer that does not come says it all
    this.#child.stderr?.on('data', (text) => {
      this.#failure = `${text}`.trim().split('\n').at(-1) ?? '';
    });
    const lines = createInterface({ input: this.#child.stdout ?? process.stdin });
    this.#answers = lines[Symbol.asyncIterator]();
  }

  async ask<Answer>(request: object): Promise<Answer | { error: string }> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    return done ? { error: this.#failure || 'Python ended' } : JSON.parse(value);
  }

  close() {
    this.#child.stdin?.end();
  }
}
