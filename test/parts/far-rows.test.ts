import { expect, test } from 'vitest';
import { SGD } from '../../lib/index.js';

// TypeScript's library of these years does not know it.
const Growable = SharedArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => SharedArrayBuffer & { grow(length: number): void };

/** Memory for 2^32 rows of three numbers of two bytes, and eight numbers behind them; it takes up what is written to. */
function reserve(): SharedArrayBuffer | undefined {
  const bytes = 2 ** 32 * 3 * 2 + 16;
  try {
    const buffer = new Growable(0, { maxByteLength: bytes });
    for (let length = 2 ** 30; length < bytes; length += 2 ** 30) buffer.grow(length);
    buffer.grow(bytes);
    return buffer;
  } catch {
    return undefined; // before Node.js 22
  }
}

const memory = reserve();

test.runIf(memory)('the last row that there can be, and the first one after it', () => {
  const all = new Uint16Array(memory as SharedArrayBuffer);
  const tensor = all.subarray(0, -8);
  const [first, last, behind] = [tensor.subarray(0, 3), tensor.subarray(-3), all.subarray(-8)];
  const [one, two] = [0x3f80, 0x4000]; // as bfloat16
  for (const row of [first, last]) row.fill(one);
  behind.fill(two);
  const optimizer = new SGD(tensor, { learningRate: 1, dtype: 'bfloat16' });
  optimizer.stepRows(0, Uint32Array.of(2 ** 32 - 1, 0), new Uint16Array(6).fill(one));
  optimizer.endStep();
  expect([...first, ...last, ...behind]).toEqual([...Array(6).fill(0), ...Array(8).fill(two)]);
});
