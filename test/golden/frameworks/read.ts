import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { presets } from '../../../lib/index.js';
import type { RMSpropOptions } from '../../../lib/rules/index.js';

export interface Case {
  /** What the run changes of the framework's defaults, in the words of this package. */
  options: RMSpropOptions;
  /** Parameters after so many steps. */
  params: Map<number, Float32Array>;
}

/** What one framework computed, in several cases. */
export interface Run {
  /** Name of its file. */
  name: string;
  preset: keyof typeof presets;
  /** The framework and its version. */
  framework: string;
  cases: Case[];
}

const read = (name: string) =>
  JSON.parse(gunzipSync(readFileSync(join(__dirname, name))).toString());

/** Numbers as the files have them. */
function decode(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

/** What was recorded after so many steps. */
export function decodeAll(texts: Record<string, string>): Map<number, Float32Array> {
  return new Map(Object.entries(texts).map(([step, text]) => [Number(step), decode(text)]));
}

/** Numbers after so many steps, and the largest value that each of them had on its way. */
export interface Path {
  after: ReadonlyMap<number, ArrayLike<number>>;
  largest: ArrayLike<number>;
}

/** The largest difference from what was recorded, in units in the last place of the largest value of each number. */
export function distance({ after, largest }: Path, recorded: Path['after']): number {
  let ulps = 0;
  for (const [step, expected] of recorded) {
    const own = after.get(step) as ArrayLike<number>;
    for (let i = 0; i < expected.length; i++) {
      const difference = Math.abs((own[i] as number) - (expected[i] as number));
      ulps = Math.max(ulps, difference / ulp(largest[i] as number));
    }
  }
  return ulps;
}

/** The unit in the last place of a float32. */
const ulp = (x: number) => 2 ** (Math.floor(Math.log2(Math.max(x, 2 ** -126))) - 23);

const ending = '.json.gz';
const data = read(`data${ending}`);
const factors: [firstStep: number, factor: number][] = data.factors;

/** What every case starts from: to be copied, not written. */
export const initialParams = decode(data.params);

const all = decode(data.gradients);
/** The gradients of every step, and what the learning rate of the case is multiplied by there. */
export const steps = Array.from({ length: all.length / initialParams.length }, (_, i) => ({
  gradient: all.slice(i * initialParams.length, (i + 1) * initialParams.length),
  factor: factors.findLast(([first]) => first <= i + 1)?.[1] as number,
}));

export const runs: Run[] = readdirSync(__dirname)
  .filter((file) => file.endsWith(ending) && file !== `data${ending}`)
  .map((file) => {
    const { preset, framework, cases } = read(file);
    return {
      name: file.slice(0, -ending.length),
      preset,
      framework,
      cases: cases.map(
        ({ options, params }: { options: object; params: Record<string, string> }) => ({
          options,
          params: decodeAll(params),
        }),
      ),
    };
  });
