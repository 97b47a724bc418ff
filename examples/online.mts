/**
 * Online learning: will a flight arrive more than 15 minutes late? A service (service.mts) is asked before each flight, and
 * told afterwards, as if January 2013 went by. In the middle it is killed; its successor goes on from the checkpoint.
 * `npm run online -- --help` lists the options.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { run } from './application.mts';
import { Failure } from './failure.mts';
import { type Flight, readFlights } from './flights/read.mts';

/** Outcomes that are told at once. */
const BATCH = 8;

interface Prediction {
  probability: number;
  late: boolean;
}

/** A service in a process of its own. */
class Client {
  #url = '';
  #process: ChildProcess | undefined;
  #learning = false;
  /** Milliseconds that predictions took that were asked for while it learned. */
  readonly latencies: number[] = [];

  constructor(
    readonly checkpoint: string,
    readonly seed: number,
  ) {
    process.once('exit', () => this.#process?.kill('SIGKILL'));
  }

  async start(): Promise<void> {
    const service = fileURLToPath(new URL('./service.mts', import.meta.url));
    const options = ['--checkpoint', this.checkpoint, '--seed', `${this.seed}`];
    const child = spawn(process.execPath, [...process.execArgv, service, ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    const exit = once(child, 'exit').then(() => {
      throw new Failure('The service ended before it listened.');
    });
    const line = once(createInterface(child.stdout), 'line');
    [this.#url] = await Promise.race([line, exit]);
  }

  /** Ends it, without a word of warning. */
  async kill(): Promise<void> {
    if (!this.#process) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }

  async predict({ features, late }: Flight): Promise<Prediction> {
    const [start, learning] = [performance.now(), this.#learning];
    const { probability } = await this.#fetch('/predict', features);
    if (learning) this.latencies.push(performance.now() - start);
    return { probability, late };
  }

  async learn(after: number, flights: Flight[]): Promise<void> {
    const examples = flights.map(({ features, late }) => ({ features, label: late }));
    this.#learning = true;
    await this.#fetch('/learn', { after, examples });
    this.#learning = false;
  }

  async learned(): Promise<number> {
    return (await this.#fetch('/status')).learned;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as response.json() has it, with the types of the DOM
  async #fetch(path: string, body?: object): Promise<any> {
    const request = body && { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(this.#url + path, request);
    const answer = await response.json();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }
}

await run({
  name: 'online',
  about: 'Late flights by a service that learns while it answers, and RMSprop',
  unit: 'day',
  rounds: 31,
  quickRounds: 5,
  goals: { AUC: 0.72 },
  quickGoals: { AUC: 0.6 },
  show: (value) => value.toFixed(3),
  flags: { delayed: 'outcomes are told when flights have landed, and not at once' },

  async *train({ seed, rounds, flags }, say) {
    const flights = readFlights().filter(({ day }) => day <= rounds);
    const known = flags.has('delayed')
      ? ({ landing }: Flight) => landing
      : ({ departure }: Flight) => departure;
    const outcomes = flights.toSorted((a, b) => known(a) - known(b));
    const middle = BATCH * Math.floor(outcomes.length / 2 / BATCH);

    const folder = mkdtempSync(join(tmpdir(), 'online-'));
    const client = new Client(join(folder, 'model.safetensors'), seed);
    try {
      await client.start();
      const predictions: Prediction[] = [];
      let learning: Promise<void> = Promise.resolve();
      for (let told = 0, day = 1, first = 0; told < outcomes.length; told += BATCH) {
        const batch = outcomes.slice(told, told + BATCH);
        // All flights that are to leave before the last of these outcomes is known; the outcomes before are being learned.
        const until = known(batch[batch.length - 1]);
        while (flights[predictions.length]?.departure <= until) {
          predictions.push(await client.predict(flights[predictions.length]));
        }
        await learning;
        learning = client.learn(told, batch);

        if (told === middle) {
          await Promise.allSettled([learning, client.kill()]);
          await client.start();
          const kept = await client.learned();
          for (let after = kept; after <= told; after += BATCH) {
            await client.learn(after, outcomes.slice(after, after + BATCH));
          }
          learning = Promise.resolve();
          say(`Killed after ${told} outcomes, went on from the ${kept} of the checkpoint`);
        }
        const last = told + BATCH >= outcomes.length;
        for (; day < batch[batch.length - 1].day || (last && day <= rounds); day++) {
          const ofDay = predictions.slice(first);
          first = predictions.length;
          yield { loss: crossEntropy(ofDay), measures: { AUC: auc(predictions) } };
        }
      }
      await learning;
      const sorted = client.latencies.toSorted((a, b) => a - b);
      const quantile = (share: number) => sorted[Math.floor(share * sorted.length)].toFixed(1);
      say(
        `${sorted.length} predictions while it learned: median ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`,
      );
    } finally {
      await client.kill();
      rmSync(folder, { recursive: true });
    }
  },
});

function crossEntropy(predictions: Prediction[]): number {
  const losses = predictions.map(
    ({ probability, late }) => -Math.log(late ? probability : 1 - probability),
  );
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** How often a late flight got a higher probability than one that was not: the area under the ROC curve, by ranks. */
function auc(predictions: Prediction[]): number {
  const sorted = predictions.toSorted((a, b) => a.probability - b.probability);
  let [ranks, late] = [0, 0];
  for (const [i, prediction] of sorted.entries()) {
    if (!prediction.late) continue;
    ranks += i + 1;
    late++;
  }
  return (ranks - (late * (late + 1)) / 2) / (late * (sorted.length - late));
}
