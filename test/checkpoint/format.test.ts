import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Adam, RMSprop, saveCheckpoint } from '../../lib/index.js';
import { bytesOf } from '../../lib/tensor.js';
import { bfloat16 } from '../../lib/types/bfloat16.js';
import { NEAREST } from '../../lib/types/rounding.js';
import { cases } from './cases.js';
import { readByTheBook } from './file.js';
import { inFolder } from './folder.js';

const sizes: Record<string, number> = { F64: 8, F32: 4, BF16: 2, F16: 2, I16: 2, U8: 1 };

describe('a file by the book', () => {
  test.each(cases.filter((_, i) => i % 3 === 0))('$name', async ({ start }) => {
    const { optimizer, step } = start();
    step(0);
    const path = inFolder('file');
    await saveCheckpoint(path, { optimizer, tensors: { count: Int16Array.of(1, 2, 3) } });
    const { length, text, metadata, tensors, data } = readByTheBook(path);
    expect(length % 8).toBe(0);
    expect(text[0]).toBe('{');
    expect(text).toMatch(/} *$/);
    expect(Object.values(metadata).every((value) => typeof value === 'string')).toBe(true);
    // No part of a name is half a character: Python would refuse the file.
    expect(text).not.toMatch(/(?<!\\)\\ud[89a-f]/i);
    let end = 0;
    for (const [name, { dtype, shape, data_offsets }] of Object.entries(tensors)) {
      const size = sizes[dtype] as number;
      expect(data_offsets[0], name).toBe(end);
      end += (shape[0] as number) * size;
      expect(data_offsets[1], name).toBe(end);
      expect((8 + length + data_offsets[0]) % size, `${name} is aligned`).toBe(0);
    }
    expect(data).toHaveLength(end);
  });

  test('holds the numbers under their names, as what they are', async () => {
    const bf16 = (...values: number[]) =>
      Uint16Array.from(values, (x) => bfloat16.encode(x, NEAREST));
    const w = bf16(1, -2, 3);
    const b = Float64Array.of(4, 5);
    const optimizer = new RMSprop([{ params: { w }, dtype: 'bfloat16' }, { params: [b] }], {
      learningRate: 0,
      decay: 0.5,
      initialSquareAverage: 1,
    });
    optimizer.step([{ w: bf16(1, 1, 3) }, [Float64Array.of(1, 2)]]);
    const mean = Uint8Array.of(7, 8);
    await saveCheckpoint(inFolder('file'), { optimizer, tensors: { mean }, metadata: { a: [1] } });
    const { metadata, tensors, data } = readByTheBook(inFolder('file'));
    const bytes = Object.entries(tensors).map(([name, { dtype, shape, data_offsets }]) => {
      return [name, { dtype, shape, bytes: [...data.subarray(...data_offsets)] }];
    });
    const tensor = (
      dtype: string,
      array: Float32Array | Float64Array | Uint16Array | Uint8Array,
    ) => {
      return { dtype, shape: [array.length], bytes: [...bytesOf(array)] };
    };
    expect(Object.fromEntries(bytes)).toEqual({
      'parameters/0/w': tensor('BF16', bf16(1, -2, 3)),
      'parameters/1/0': tensor('F64', Float64Array.of(4, 5)),
      'state/squareAverage/0/w': tensor('F32', Float32Array.of(1, 1, 5)),
      'state/squareAverage/1/0': tensor('F64', Float64Array.of(1, 2.5)),
      'tensors/mean': tensor('U8', Uint8Array.of(7, 8)),
    });
    expect(JSON.parse(metadata.metadata as string)).toEqual({ a: [1] });
    expect(metadata).toMatchObject({ format: 'rmsprop-checkpoint', rule: 'RMSprop' });
    const [first, second] = JSON.parse(metadata.groups as string);
    expect(first).toMatchObject({
      options: { learningRate: 0, decay: 0.5, dtype: 'bfloat16' },
      tensors: [{ name: 'w', step: 1, state: ['squareAverage'] }],
    });
    expect(second.options.dtype).toBe('array');
  });
});

const python = `
import sys, hashlib
from safetensors import deserialize
for name, t in sorted(deserialize(open(sys.argv[1], 'rb').read())):
    print(name, t['dtype'], t['shape'], hashlib.sha256(t['data']).hexdigest())
`;
const interpreter = process.env.RMSPROP_PYTHON ?? 'python3';
const hasPython = spawnSync(interpreter, ['-c', 'import safetensors']).status === 0;
if (!hasPython)
  console.log(`Skipped: ${interpreter} has no package safetensors to read a checkpoint with`);

test.skipIf(!hasPython)('the Python package reads a checkpoint', async () => {
  const params = {
    'a"b': Float32Array.of(1, 2, 3),
    '\udc00': Float64Array.of(4),
    e: new Float32Array(),
  };
  const optimizer = new Adam(params, { stateType: 'float32' });
  optimizer.step({ 'a"b': Float32Array.of(1, 2, 3), '\udc00': null, e: null });
  await saveCheckpoint(inFolder('file'), { optimizer, metadata: { '\ud800': 'é' } });
  const output = execFileSync(interpreter, ['-c', python, inFolder('file')], { encoding: 'utf8' });
  const { tensors, data } = readByTheBook(inFolder('file'));
  const expected = Object.entries(tensors).map(([name, { dtype, shape, data_offsets }]) => {
    const sum = createHash('sha256')
      .update(data.subarray(...data_offsets))
      .digest('hex');
    return `${name} ${dtype} [${shape}] ${sum}`;
  });
  expect(output.trim().split('\n')).toEqual(expected.sort());
});
