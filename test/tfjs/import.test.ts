import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(__dirname, '../..');
const loaded = (name: string) => {
  const code = `require(${JSON.stringify(name)}); console.log(Object.keys(require.cache).join())`;
  return execFileSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8' });
};

test('the package does not load TensorFlow.js, its part for TensorFlow.js does', () => {
  expect(loaded('rmsprop')).not.toContain('tensorflow');
  expect(loaded('rmsprop/tfjs')).toContain('tfjs-core');
});
