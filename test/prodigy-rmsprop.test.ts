import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configure, ProdigyRMSprop, Scheduler, schedules } from '../lib/index.js';
import { ordinaryValue } from './bits.js';
import { engines } from './engines.js';

const STEPS = 300;
const target = new Float32Array(5000).map((_, i) => ordinaryValue(3, i));

/** Walks down a bowl from 0; returns how far from the lowest point it ends, as a part of where it began. */
function descend(options: object) {
  const params = new Float32Array(target.length);
  const optimizer = new ProdigyRMSprop([params], options);
  const scheduler = new Scheduler(optimizer, schedules.cosine({ steps: STEPS }));
  const rates: number[] = [];
  optimizer.onStep(({ learningRates }) => rates.push(learningRates[0] as number));
  for (let step = 0; step < STEPS; step++) {
    optimizer.step([params.map((p, i) => p - (target[i] as number))]);
    scheduler.step();
  }
  const size = (x: Float32Array) => Math.sqrt(x.reduce((sum, y) => sum + y * y, 0));
  const rest = size(params.map((p, i) => p - (target[i] as number))) / size(target);
  return { optimizer, rates, rest };
}

test.each([1e-6, 1e-4, 1e-2, 1, 10])('from a guess of %d it finds the way', (learningRate) => {
  expect(descend({ learningRate }).rest).toBeLessThan(1e-2);
});

test('its rate is seen, and falls with the schedule', () => {
  const { optimizer, rates } = descend({ learningRate: 1e-5 });
  expect(rates[0]).toBe(1e-5);
  expect(Math.max(...rates)).toBeGreaterThan(1e-2);
  expect(rates.at(-1)).toBeLessThan(1e-4 * Math.max(...rates));
  expect([optimizer.scheduleFactor, optimizer.effectiveLearningRate]).toEqual([0, 0]);
  expect(optimizer.learningRate).toBe(1e-5);
  optimizer.scheduleFactor = 0.5;
  const { distance } = optimizer.stateDict().counters;
  expect(optimizer.effectiveLearningRate).toBe((distance as number) / 2);
});

test('of groups that differ the least guess counts, and each has its own factor', () => {
  const params = [1, 2].map(() => new Float32Array(3).fill(1));
  const optimizer = new ProdigyRMSprop([
    { params: [params[0] as Float32Array], learningRate: 1e-4 },
    { params: [params[1] as Float32Array], learningRate: 5, scheduleFactor: 0.25 },
  ]);
  optimizer.step([[new Float32Array(3).fill(1)], [new Float32Array(3).fill(1)]]);
  const moved = params.map(([p]) => 1 - (p as number));
  expect((moved[0] as number) / (moved[1] as number)).toBeCloseTo(4, 2);
  expect(moved[0]).toBeCloseTo(1e-4 / Math.sqrt(0.05), 6);
});

test.each(engines)(
  'on %s, a distance beyond float32 leaves zeros behind the end of a tensor',
  (isa) => {
    configure({ isa });
    const params = [Float64Array.of(-2e24), Float32Array.of(0)];
    // Decay moves a parameter that is so large; steps do not.
    const decay = { weightDecay: 0.01, weightDecayMode: 'decoupled' } as const;
    const optimizer = new ProdigyRMSprop(params, { ...decay, maximize: true });
    for (const g of [1, 6.5e7]) optimizer.step([Float64Array.of(g), null]);
    optimizer.step([null, Float32Array.of(1)]);
    const { distanceSample } = optimizer.stateDict().groups[0]?.tensors[1]?.state ?? {};
    expect(Array.from(distanceSample?.subarray(17) ?? [Number.NaN])).toEqual(Array(15).fill(0));
  },
);

const library = join(__dirname, '../dist/index.js');
const warnings: [string, string, number][] = [
  ['two optimizers without a schedule', '', 1],
  ['a factor that was set', 'for (const o of all) o.scheduleFactor = 0.9;', 0],
  ['a scheduler', 'for (const o of all) new Scheduler(o, schedules.cosine({ steps: 9 }));', 0],
];

test.each(warnings)('%s: warnings', (_, prepare, count) => {
  const code = `
    const { ProdigyRMSprop, Scheduler, schedules } = require(${JSON.stringify(library)});
    const codes = [];
    process.on('warning', ({ code }) => codes.push(code));
    const all = [1, 2].map(() => new ProdigyRMSprop(new Float32Array(1)));
    ${prepare}
    for (const o of [...all, ...all]) o.step(new Float32Array(1));
    setImmediate(() => console.log(JSON.stringify(codes)));`;
  const output = execFileSync(process.execPath, ['--no-warnings', '-e', code], {
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toEqual(Array(count).fill('RMSPROP_NO_SCHEDULE'));
});
