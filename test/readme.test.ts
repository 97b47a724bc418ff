import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { presets } from '../lib/index.js';
import { blocksOf, promised } from './blocks.mjs';
import { optimizers } from './variants.js';

const root = join(__dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
// Inside the package, so that it finds itself by its name, as an installed package is found.
mkdirSync(join(root, 'build'), { recursive: true });
const folder = mkdtempSync(join(root, 'build/readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

// What @tensorflow/tfjs puts together; the package itself, with all of its backends, is large.
const tensorflow = join(folder, 'node_modules/@tensorflow/tfjs');
mkdirSync(tensorflow, { recursive: true });
writeFileSync(
  join(tensorflow, 'index.js'),
  `require('@tensorflow/tfjs-core').env().set('PROD', true);
require('@tensorflow/tfjs-backend-cpu');
module.exports = { ...require('@tensorflow/tfjs-core'), ...require('@tensorflow/tfjs-layers') };`,
);

const examples = blocksOf(readme);

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

const model = `const dense = tf.layers.dense({ units: 1, inputShape: [1] });
const model = tf.sequential({ layers: [dense] });
const [xs, ys] = [tf.tensor2d([[0], [1]]), tf.tensor2d([[1], [3]])];`;
/** What blocks of the other documents take for granted, by page and number. */
const given: Record<string, string> = {
  'groups.md 1': `import { AdamW } from 'rmsprop';
const [encoder, head] = [{ 'norm.weight': new Float32Array(2) }, { bias: new Float32Array(1) }];`,
  'groups.md 2': `import { SGD } from 'rmsprop';
const optimizer = new SGD([{ params: { embedding: new Float32Array(1) } }]);`,
  'jax.md 1': `const initialParams = { weights: np.array([1, 2]), bias: np.array([0]) };
const loss = ({ weights, bias }, batch) => weights.mul(batch).sum().add(bias.sum());
const batches = [np.array([1, 1]), np.array([2, 2])];`,
  'partial-steps.md 1': `import { Adam } from 'rmsprop';
const optimizer = new Adam({ encoder: new Float32Array(2), head: new Float32Array(1) });
const [encoderGradient, headGradient] = [Float32Array.of(1, 2), Float32Array.of(3)];`,
  'partial-steps.md 2': `import { Adam } from 'rmsprop';
const optimizer = new Adam({ embedding: new Float32Array(6) });
const [rows, gradientRows] = [Int32Array.of(2, 0), Float32Array.of(1, 2, 3, 4)];`,
  'tensorflow-js.md 1': `${model}
const w = tf.variable(tf.tensor1d([1]), true, 'w');
const loss = (v) => tf.sum(tf.square(v));
const gradient = tf.tensor1d([1]);`,
  'tensorflow-js.md 2': `import * as tf from '@tensorflow/tfjs';
import { train } from 'rmsprop/tfjs';
${model}`,
  'tensorflow-js.md 3': `import * as tf from '@tensorflow/tfjs';
import { train } from 'rmsprop/tfjs';
${model}
model.compile({ optimizer: train.rmsprop(0.01), loss: 'meanSquaredError' });
await model.fit(xs, ys, { verbose: 0 });
let saved;
const handler = { save: async (artifacts) => { saved = artifacts; return {}; }, load: async () => saved };`,
  'tensorflow-js.md 4': `import * as tf from '@tensorflow/tfjs';
${model}
model.compile({ optimizer: tf.train.rmsprop(0.01), loss: 'meanSquaredError' });
await model.fit(xs, ys, { verbose: 0 });`,
};
// test/mpi/ranks/page.test.ts runs that of ranks.
const pages = readdirSync(join(root, 'docs')).filter(
  (page) => page.endsWith('.md') && page !== 'distributed.md',
);
const readPage = (page: string) => readFileSync(join(root, 'docs', page), 'utf8');
const blocks = pages.flatMap((page) =>
  blocksOf(readPage(page)).map((code, i) => [`${page} ${i + 1}`, code] as const),
);
test.each(blocks)('docs/%s runs', (name, code) => {
  const file = join(folder, `${name.replace(' ', '-')}.mjs`);
  writeFileSync(file, `${given[name] ?? ''}\n${code}`);
  execFileSync(process.execPath, [file], { cwd: folder });
});
test('nothing is taken for granted by a block that is not there', () => {
  expect(blocks.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(given)));
});

test('what is in TypeScript compiles, where the compiler is strict', () => {
  const texts = {
    'README.md': readme,
    ...Object.fromEntries(pages.map((page) => [page, readPage(page)])),
  };
  const files = Object.entries(texts).flatMap(([page, text]) =>
    blocksOf(text, 'ts').map((code, i) => {
      const name = `${page} ${i + 1}`;
      const file = join(folder, `${name.replace(' ', '-')}.mts`);
      writeFileSync(file, `${given[name] ?? ''}\n${code}`);
      return file;
    }),
  );
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    types: ['node'],
  });
  const faults = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file?.text.slice(start).split('\n', 1)[0];
    return `${file?.fileName}: ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
  expect(files.length).toBeGreaterThan(20);
  expect(faults).toEqual([]);
}, 60_000);

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
