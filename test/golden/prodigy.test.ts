import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { configure, type Isa, ProdigyRMSprop, runtime } from '../../lib/index.js';

interface Case {
  options: { learningRate: number; decay: number; weightDecay?: number };
  recorded: { step: number; distance: number; params: number[][] }[];
}

const file = readFileSync(join(__dirname, 'prodigy.json.gz'));
const { cases }: { cases: Case[] } = JSON.parse(gunzipSync(file).toString());

const isas = runtime().availableIsas;
afterAll(() => configure({ isa: isas[0] as Isa }));

const at = (i: number) => ({
  curvature: (1 + ((7 * i) % 13)) / 8,
  optimum: (((5 * i) % 11) - 5) / 4,
});

/** Sums of theirs are in another order, and the estimate of one step is in all that come after. */
const BOUND = { distance: 1e-12, parameter: 1e-11 };

describe.each(isas)("on %s, the authors' numbers", (isa: Isa) => {
  test.each(cases)('$options', ({ options, recorded }) => {
    configure({ isa });
    const params = [300, 16, 5].map((n) => new Float64Array(n).map((_, i) => ((i % 3) - 1) / 16));
    const optimizer = new ProdigyRMSprop(params, {
      weightDecayMode: 'decoupled',
      ...options,
      epsilon: 0,
      relativeCap: false,
    });
    for (let step = 1; step <= 200; step++) {
      optimizer.scheduleFactor = (257 - step) / 256;
      const wave = (step % 2 === 1 ? 9 : -9) / 256;
      optimizer.step(
        params.map((p) => {
          return p.map((x, i) => at(i).curvature * (x - at(i).optimum) + wave);
        }),
      );
      const record = recorded.find((one) => one.step === step);
      if (!record) continue;
      const { distance } = optimizer.stateDict().counters;
      expect(Math.abs((distance as number) / record.distance - 1)).toBeLessThan(BOUND.distance);
      for (const [k, theirs] of record.params.entries()) {
        for (const [i, x] of theirs.entries()) {
          const difference = Math.abs((params[k]?.[i] as number) - x);
          expect(difference).toBeLessThan(BOUND.parameter);
        }
      }
    }
    expect(recorded.at(-1)?.distance).toBeGreaterThan(100 * options.learningRate);
  });
});
