import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Trial } from './trial.mts';
import type { Request } from './worker.mts';

/** Has the trainings made by as many processes as there are processors. What a training comes to depends on none of it. */
export async function runAll(
  requests: readonly Request[],
  onTrial: (trial: Trial, done: number) => void,
): Promise<Trial[]> {
  const trials: Trial[] = [];
  const waiting = [...requests];
  const work = (worker: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      const ask = () => {
        const next = waiting.shift();
        if (next) worker.send(next);
        else worker.kill();
      };
      worker.on('message', (trial: Trial) => {
        trials.push(trial);
        onTrial(trial, trials.length);
        ask();
      });
      worker.on('exit', (code, signal) => {
        if (signal === 'SIGTERM') resolve();
        else reject(new Error(`A process that trained ended (${code ?? signal})`));
      });
      ask();
    });
  const program = fileURLToPath(new URL('worker.mts', import.meta.url));
  const count = Math.min(availableParallelism(), requests.length);
  const workers = Array.from({ length: count }, () => fork(program, { serialization: 'advanced' }));
  try {
    await Promise.all(workers.map(work));
  } finally {
    for (const worker of workers) worker.kill();
  }
  return trials;
}
