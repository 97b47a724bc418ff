import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { presets } from '../lib/index.js';
import { optimizers } from './variants.js';

const root = join(__dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
// Inside the package, so that it finds itself by its name, as an installed package is found.
const folder = mkdtempSync(join(root, 'build/readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

// What @tensorflow/tfjs puts together; the package itself, with all of its backends, is large.
const tensorflow = join(folder, 'node_modules/@tensorflow/tfjs');
mkdirSync(tensorflow, { recursive: true });
writeFileSync(
  join(tensorflow, 'index.js'),
  `const core = require('@tensorflow/tfjs-core');
core.env().set('PROD', true);
require('@tensorflow/tfjs-backend-cpu');
const layers = require('@tensorflow/tfjs-layers');
for (const [name, value] of Object.entries({ ...core, ...layers })) exports[name] = value;
exports.sequential = layers.sequential; exports.layers = layers.layers; exports.tensor2d = core.tensor2d;`,
);

const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code as string);

/** What an example says it prints: the comments behind its console.log calls. */
const promised = (code: string) =>
  [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text as string);

describe.each(examples.map((code, i) => [i + 1, code] as const))('example %i', (i, code) => {
  const asRequire = code
    .replace(/^import (.*) from ('.*');$/gm, 'const $1 = require($2);')
    .replace('const * as ', 'const ');
  const asScript = `(async () => {\n${asRequire}\n})();`; // where await needs a function around it
  test.each([
    ['imported', 'mjs', code],
    ['required', 'cjs', asScript],
  ])('prints what it says, %s', (_, ending, source) => {
    const file = join(folder, `example-${i}.${ending}`);
    writeFileSync(file, source);
    const output = execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
    expect(promised(code).length).toBeGreaterThan(0);
    expect(output.trim().split('\n')).toEqual(promised(code));
  });
});

const options = readme.slice(readme.indexOf('## Options'), readme.indexOf('## Where the numbers'));
test.each(optimizers)('the table of options has all of $name', ({ rule, name }) => {
  for (const option of Object.keys(rule.hyperparameters)) {
    const row = options
      .split('\n')
      .find((line) => line.includes(`\`${option}\``) && line[0] === '|');
    expect(row, option).toMatch(new RegExp(`\\b(all|${name})\\b`));
  }
});

test.each(Object.keys(presets))('the preset %s is named', (name) => {
  expect(options).toContain(`\`${name}\``);
});
