import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'service-'));
let service: ChildProcess;
let url: string;

/** Starts the service on a free port; it goes on from the checkpoint. */
async function start(): Promise<void> {
  const file = join(__dirname, '../../examples/service.mts');
  const options = ['--checkpoint', join(folder, 'model.safetensors'), '--port', '0'];
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  service = child;
  [url] = await once(createInterface(child.stdout), 'line');
}
beforeAll(start, 60_000);
afterAll(() => {
  service.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A text is sent as it is, anything else as JSON. */
async function ask(route: string, body?: unknown) {
  const [method, path] = route.split(' ') as [string, string];
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url + path, { method, body: text ?? null });
  expect(response.headers.get('content-type')).toBe('application/json');
  return { status: response.status, answer: await response.json() };
}

const features = { carrier: 'UA', origin: 'EWR' };
const example = { features, label: true };
const probability = { probability: expect.closeTo(0.5, 1) };
const categories = { error: 'Expected an object of strings.' };
const examples = { error: 'Expected { after, examples: [{ features, label }, …] }.' };
const json = { error: 'Expected JSON.' };
const routes = { error: 'Expected GET /status, POST /predict or POST /learn.' };
const fewer = { error: 'Expected fewer examples.' };

// In this order: the service learns.
test.each<[string, string, unknown, number, unknown]>([
  ['nothing is learned yet', 'GET /status', undefined, 200, { learned: 0 }],
  ['a prediction', 'POST /predict', features, 200, probability],
  ['no categories', 'POST /predict', {}, 200, probability],
  ['categories that nobody knows', 'POST /predict', '{"__proto__":"ö","":""}', 200, probability],
  ['one number', 'POST /predict', { distance: 5 }, 400, categories],
  ['categories in a list', 'POST /predict', ['UA', 'EWR'], 400, categories],
  ['a text', 'POST /predict', '"UA"', 400, categories],
  ['a number', 'POST /predict', '5', 400, categories],
  ['null', 'POST /predict', 'null', 400, categories],
  ['no body', 'POST /predict', undefined, 400, json],
  ['half of a body', 'POST /predict', '{"carrier":', 400, json],
  [
    'first examples',
    'POST /learn',
    { after: 0, examples: [example, example] },
    200,
    { learned: 2 },
  ],
  ['the same again', 'POST /learn', { after: 0, examples: [example] }, 409, { learned: 2 }],
  ['one that is not due', 'POST /learn', { after: 3, examples: [example] }, 409, { learned: 2 }],
  ['the next', 'POST /learn', { after: 2, examples: [example] }, 200, { learned: 3 }],
  [
    'no categories',
    'POST /learn',
    { after: 3, examples: [{ features: {}, label: false }] },
    200,
    { learned: 4 },
  ],
  ['no examples', 'POST /learn', { after: 4, examples: [] }, 400, examples],
  ['half an example', 'POST /learn', { after: 4.5, examples: [example] }, 400, examples],
  ['a count in a text', 'POST /learn', { after: '4', examples: [example] }, 400, examples],
  ['no count', 'POST /learn', { examples: [example] }, 400, examples],
  ['one example', 'POST /learn', { after: 4, examples: example }, 400, examples],
  [
    'a number for a label',
    'POST /learn',
    { after: 4, examples: [example, { features, label: 1 }] },
    400,
    examples,
  ],
  ['no label', 'POST /learn', { after: 4, examples: [{ features }] }, 400, examples],
  ['no features', 'POST /learn', { after: 4, examples: [{ label: true }] }, 400, examples],
  [
    'features in a list',
    'POST /learn',
    { after: 4, examples: [{ features: ['UA'], label: true }] },
    400,
    examples,
  ],
  ['null for an example', 'POST /learn', { after: 4, examples: [null] }, 400, examples],
  ['a list', 'POST /learn', [], 400, examples],
  ['null', 'POST /learn', 'null', 400, examples],
  ['no JSON', 'POST /learn', 'after=4', 400, json],
  ['a body that is too long', 'POST /learn', ' '.repeat(1_000_001), 413, fewer],
  ['one that is much too long', 'POST /predict', ' '.repeat(5_000_000), 413, fewer],
  ['the longest', 'POST /predict', '{}'.padEnd(1_000_000), 200, probability],
  ['an unknown path', 'GET /', undefined, 404, routes],
  ['another method', 'POST /status', {}, 404, routes],
  ['another method', 'GET /predict', undefined, 404, routes],
  ['a body that nobody reads', 'POST /nowhere', ' '.repeat(5_000_000), 404, routes],
  ['nothing but examples was learned', 'GET /status', undefined, 200, { learned: 4 }],
])('%s: %s', async (_, route, body, status, answer) => {
  expect(await ask(route, body)).toEqual({ status, answer });
});

test('of two that come at once, one is due', async () => {
  const learn = () => ask('POST /learn', { after: 4, examples: [example] });
  const answers = await Promise.all([learn(), learn()]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(answers.map(({ answer }) => answer)).toEqual([{ learned: 5 }, { learned: 5 }]);
});

test('who hangs up in the middle of a body disturbs nobody', async () => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('POST /learn HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"after":');
  socket.end();
  await once(socket.resume(), 'close');
  expect(await ask('GET /status')).toEqual({ status: 200, answer: { learned: 5 } });
});

// On Windows a process can only be ended, not asked to.
test.skipIf(process.platform === 'win32')(
  'what it has learned when it is asked to end, its successor knows',
  async () => {
    const before = await ask('POST /predict', features);
    service.kill('SIGTERM');
    await once(service, 'exit');
    await start();
    expect(await ask('GET /status')).toEqual({ status: 200, answer: { learned: 5 } });
    expect(await ask('POST /predict', features)).toEqual(before);
  },
);
