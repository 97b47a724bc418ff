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
export function decode(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

/** The unit in the last place of a float32. */
export const ulp = (x: number) => 2 ** (Math.floor(Math.log2(Math.max(x, 2 ** -126))) - 23);

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
      cases: cases.map(({ options, params }: { options: object; params: object }) => ({
        options,
        params: new Map(Object.entries(params).map(([step, text]) => [Number(step), decode(text)])),
      })),
    };
  });
