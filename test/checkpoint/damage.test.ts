import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { bad, saveGood } from './good-file.js';
import { victim } from './victim.js';

let bytes: Buffer;
beforeAll(async () => {
  bytes = await saveGood();
});

const dataStart = () => 8 + Number(bytes.readBigUInt64LE());

const codeOf = (load: Promise<unknown>) =>
  load.then(
    () => 'loaded',
    (error) => error.code,
  );

describe('accidents are found', () => {
  test('cut short after any byte', async () => {
    const { load, expectUnchanged } = victim();
    writeFileSync(bad, bytes);
    for (let size = bytes.length - 1; size >= 0; size--) {
      truncateSync(bad, size);
      const code = await codeOf(load(bad));
      if (code !== 'ERR_CHECKPOINT_FORMAT') expect.fail(`${size} bytes: ${code}`);
    }
    expectUnchanged();
  });

  test('longer than it was', async () => {
    const { load, expectUnchanged } = victim();
    for (const more of [Buffer.alloc(1), Buffer.alloc(300_000), bytes]) {
      writeFileSync(bad, Buffer.concat([bytes, more]));
      expect(await codeOf(load(bad))).toBe('ERR_CHECKPOINT_FORMAT');
    }
    expectUnchanged();
  });

  test('another length of the header', async () => {
    const { load, expectUnchanged } = victim();
    for (let length = 0; length <= bytes.length - 8; length++) {
      if (8 + length === dataStart()) continue;
      const file = Buffer.from(bytes);
      file.writeBigUInt64LE(BigInt(length));
      writeFileSync(bad, file);
      expect(await codeOf(load(bad))).toBe('ERR_CHECKPOINT_FORMAT');
    }
    expectUnchanged();
  });

  test('any single bit', async () => {
    const { load, expectUnchanged } = victim();
    writeFileSync(bad, bytes);
    const file = openSync(bad, 'r+');
    const flipped = new Uint8Array(1);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const at = bit >> 3;
      flipped[0] = (bytes[at] as number) ^ (1 << (bit & 7));
      writeSync(file, flipped, 0, 1, at);
      const code = await codeOf(load(bad));
      if (code !== 'ERR_CHECKPOINT_FORMAT') expect.fail(`bit ${bit & 7} of byte ${at}: ${code}`);
      writeSync(file, bytes, at, 1, at);
    }
    closeSync(file);
    expectUnchanged();
    expect(await codeOf(load(bad))).toBe('loaded');
  });
});
