import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { configure, type Isa, runtime } from '../../lib/index.js';
import { type Options, optimizers } from '../variants.js';
import { type Dtype, decode, type Encoded, type FloatArray } from './read.js';

interface Case {
  rule: string;
  options: Options;
  dtype: Dtype;
  recorded: { step: number; parameter: Encoded; average: Encoded }[];
  baseParameter: Encoded;
  squareAverage: Encoded;
  numbers: { largestRate: number; weightSum: number };
}
interface Fixture {
  datasets: Record<Dtype, { start: Encoded; gradients: Encoded[] }>;
  cases: Case[];
}

const file = readFileSync(join(__dirname, 'schedule-free.json.gz'));
const { datasets, cases }: Fixture = JSON.parse(gunzipSync(file).toString());

/**
 * In 2^-24 or 2^-53 of the largest size that a number has on its way. The authors' AdamW computes in the same order: its
 * averages differ, as it takes them in the type of the tensor, and in float64 the weights, of which some powers round twice.
 * Their wrapper of RMSprop goes to the average and back at every step, which with a beta1 of 0.5 doubles what was rounded.
 */
const bounds: Record<string, Record<Dtype, Record<'parameter' | 'average', number>>> = {
  ScheduleFreeAdamW: {
    float32: { parameter: 0, average: 2 },
    float64: { parameter: 4, average: 8 },
  },
  ScheduleFreeRMSprop: {
    float32: { parameter: 40, average: 40 },
    float64: { parameter: 40, average: 40 },
  },
};
const unit = { float32: 2 ** -24, float64: 2 ** -53 };

function distance(paths: { own: FloatArray; theirs: FloatArray }[], dtype: Dtype): number {
  let most = 0;
  for (const i of (paths[0]?.own ?? []).keys()) {
    const largest = Math.max(...paths.map(({ theirs }) => Math.abs(theirs[i] as number)));
    for (const { own, theirs } of paths) {
      const difference = Math.abs((own[i] as number) - (theirs[i] as number));
      most = Math.max(most, difference / largest / unit[dtype]);
    }
  }
  return most;
}

const isas = runtime().availableIsas;
afterAll(() => configure({ isa: isas[0] as Isa }));

describe.each(isas)("on %s, as near to the authors' as stated is", (isa: Isa) => {
  const described = cases.map((given) => {
    const { rule, dtype, options } = given;
    return [`${rule} in ${dtype}: ${JSON.stringify(options)}`, given] as const;
  });
  test.each(described)('%s', (_, { rule, options, dtype, recorded, ...last }) => {
    configure({ isa });
    const { Class } = optimizers.find(({ name }) => name === rule) as (typeof optimizers)[0];
    const { start, gradients } = datasets[dtype];
    const p = decode(start, dtype);
    const optimizer = new Class([p], options);
    const paths: Record<'parameter' | 'average', { own: FloatArray; theirs: FloatArray }[]> = {
      parameter: [],
      average: [],
    };
    for (const [t, gradient] of gradients.entries()) {
      optimizer.step([decode(gradient, dtype)]);
      const record = recorded.find(({ step }) => step === t + 1);
      if (!record) continue;
      const take = (what: 'parameter' | 'average') =>
        paths[what].push({ own: p.slice(), theirs: decode(record[what], dtype) });
      take('parameter');
      optimizer.swapInAverages();
      take('average');
      optimizer.swapOutAverages();
      expect(p).toEqual(paths.parameter.at(-1)?.own);
    }
    const [tensor] = optimizer.stateDict().groups[0]?.tensors ?? [];
    for (const name of ['largestRate', 'weightSum'] as const) {
      const number = tensor?.numbers?.[name] as number;
      expect(Math.abs(number / last.numbers[name] - 1)).toBeLessThan(1e-14);
    }
    const bound = bounds[rule]?.[dtype];
    const end = (name: 'baseParameter' | 'squareAverage') => {
      return { own: tensor?.state[name] as FloatArray, theirs: decode(last[name], dtype) };
    };
    expect(distance([end('squareAverage')], dtype)).toBe(0);
    const base = [...paths.parameter, end('baseParameter')];
    expect(distance(base, dtype)).toBeLessThanOrEqual(bound?.parameter as number);
    for (const what of ['parameter', 'average'] as const) {
      expect(distance(paths[what], dtype)).toBeLessThanOrEqual(bound?.[what] as number);
    }
  });
});
