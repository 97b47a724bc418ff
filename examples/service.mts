/**
 * A service that learns while it answers, and that a crash costs no more than what came after its last checkpoint.
 *
 *   POST /predict  { carrier: 'UA', … }                         → { probability: 0.2 }
 *   POST /learn    { after: 800, examples: [{ features: { carrier: 'UA', … }, label: true }, …] }
 *                                                               → { learned: 808 }, or 409 if it has not learned 800
 *   GET  /status                                                → { learned: 808 }
 *
 * node --import tsx examples/service.mts --checkpoint FILE [--port N] [--seed N]
 */
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadCheckpoint, RMSprop, saveCheckpoint } from 'rmsprop';
import { type Categories, CategoryModel, type Example } from './categories.mts';
import { Failure } from './failure.mts';
import { integer, parse } from './options.mts';
import { main } from './output.mts';
import { Random } from './random.mts';

/** Examples between two checkpoints, at least. */
const EVERY = 1000;
const LONGEST_BODY = 1_000_000;

class Service {
  readonly #model: CategoryModel;
  readonly #optimizer;
  #learned = 0;
  #saved = 0;
  /** What is being learned or saved: one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly checkpoint: string,
    seed: number,
  ) {
    this.#model = new CategoryModel(new Random(seed));
    this.#optimizer = new RMSprop(this.#model.parameters, { learningRate: 0.005 });
  }

  async resume(): Promise<void> {
    if (!existsSync(this.checkpoint)) return;
    const { learned } = await loadCheckpoint(this.checkpoint, { optimizer: this.#optimizer });
    this.#learned = this.#saved = learned;
  }

  status() {
    return { learned: this.#learned };
  }

  /** Waits for nothing: the parameters are there to be read, also while a step is being made. */
  predict(features: Categories) {
    return { probability: this.#model.predict(features) };
  }

  learn(after: number, examples: Example[]) {
    return this.#inTurn(async () => {
      // Whoever sends examples again after a crash, or never heard of the answer, finds out where to go on.
      if (after !== this.#learned) throw new Refusal(409, this.status());
      const { rows, table, network } = this.#model.gradients(examples);
      this.#optimizer.stepRows('table', rows, table); // a hundred rows: some microseconds
      this.#optimizer.endStep();
      await this.#optimizer.stepAsync({ table: null, ...network });
      this.#learned += examples.length;
      if (this.#learned - this.#saved >= EVERY) await this.#save();
      return this.status();
    });
  }

  /** Saves what is not saved yet. */
  save(): Promise<void> {
    return this.#inTurn(() => this.#save());
  }

  async #save(): Promise<void> {
    if (this.#saved === this.#learned) return;
    const metadata = this.status();
    await saveCheckpoint(this.checkpoint, { optimizer: this.#optimizer, metadata });
    this.#saved = metadata.learned;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** What the client gets instead of an answer. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly answer: object,
  ) {
    super();
  }
}

async function answer(service: Service, request: IncomingMessage): Promise<object> {
  const route = `${request.method} ${request.url}`;
  if (route === 'GET /status') return service.status();
  if (route === 'POST /predict') {
    const features = await readJson(request);
    if (isCategories(features)) return service.predict(features);
    throw new Refusal(400, { error: 'Expected an object of strings.' });
  }
  if (route === 'POST /learn') {
    const { after, examples } = Object(await readJson(request)) as Record<string, unknown>;
    if (Number.isInteger(after) && isExamples(examples)) {
      return service.learn(after as number, examples);
    }
    throw new Refusal(400, { error: 'Expected { after, examples: [{ features, label }, …] }.' });
  }
  throw new Refusal(404, { error: 'Expected GET /status, POST /predict or POST /learn.' });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) {
    // To the end, whatever comes: who is still sending would not see an answer.
    if (text.length <= LONGEST_BODY) text += piece;
  }
  if (text.length > LONGEST_BODY) throw new Refusal(413, { error: 'Expected fewer examples.' });
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, { error: 'Expected JSON.' });
  }
}

function isCategories(value: unknown): value is Categories {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((category) => typeof category === 'string')
  );
}

/** At least one: a step of none would change the optimizer, and the count would not tell. */
function isExamples(value: unknown): value is Example[] {
  return Array.isArray(value) && value.length > 0 && value.every(isExample);
}

function isExample(value: unknown): value is Example {
  const { features, label } = Object(value) as Partial<Example>;
  return isCategories(features) && typeof label === 'boolean';
}

await main(async () => {
  const values = parse(process.argv.slice(2), {
    checkpoint: { type: 'string' },
    port: { type: 'string' },
    seed: { type: 'string' },
  });
  if (values.checkpoint === undefined) throw new Failure('Expected --checkpoint FILE.', 2);
  const seed = integer('seed', values.seed, 0, Number.MAX_SAFE_INTEGER) ?? 1;
  const service = new Service(values.checkpoint, seed);
  await service.resume();

  const server = createServer(async (request, response) => {
    let [status, body]: [number, object] = [200, {}];
    try {
      body = await answer(service, request);
    } catch (error) {
      if (request.errored) return; // whoever asked has hung up
      if (!(error instanceof Refusal)) console.error(error);
      [status, body] =
        error instanceof Refusal ? [error.status, error.answer] : [500, { error: 'Failed.' }];
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.keepAliveTimeout = 60_000; // longer than clients keep a connection: a request must not meet its end
  server.listen(integer('port', values.port, 0, 65_535) ?? 0, '127.0.0.1', () => {
    const { address, port } = server.address() as AddressInfo;
    console.log(`http://${address}:${port}`);
  });
  process.once('SIGTERM', async () => {
    await service.save();
    process.exit();
  });
});
