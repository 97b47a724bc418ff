import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { binding } from './binding.js';
import { compile, withoutPreload } from './compile.js';
import { nativeIsas } from './engines.js';
import { storages } from './storages.js';

// Where the sanitized build is tested (sanitize.sh), it is that one's kernels.
const root = join(__dirname, '..');
const build = join(process.env.RMSPROP_PREBUILD ?? root, 'build');
const sanitizers = process.env.RMSPROP_SANITIZERS?.split(' ') ?? [];

test.runIf(process.platform === 'linux')(
  'no kernel touches what lies before or after its arrays, or writes to gradients',
  () => {
    const program = join(build, 'guard-pages');
    const objects = join(build, 'CMakeFiles/rmsprop.dir/native/isa');
    const kernels = readdirSync(objects).filter((name) => name.endsWith('.o'));
    const sources = [
      'test/guard-pages.cpp',
      'native/engine.cpp',
      'native/piece.cpp',
      'native/plan-memory.cpp',
      'native/processor.cpp',
      'native/sparse-rows.cpp',
      'native/team.cpp',
    ].map((name) => join(root, name));
    // With the ways around slow denormal numbers, as on processors that have them: they are code of their own.
    const flags = ['-fopenmp', '-DRMSPROP_SLOW_ARITHMETIC', ...sanitizers];
    compile(...flags, ...sources, ...kernels.map((name) => join(objects, name)), '-o', program);
    const output = execFileSync(program, { encoding: 'utf8', env: withoutPreload });

    const { rules } = binding.describe();
    // Each choice of switches with the gradient stage idle and busy; once all that happens around.
    const choices = rules.reduce((sum, rule) => sum + 2 * 2 ** rule.switches.length + 1, 0);
    const ways = storages.length + 2; // and all in float32, all in float64
    // Up to two vectors of AVX-512 and one element; as many around a block of 256; two blocks.
    const lengths = 34 + 35 + 1;
    const each = nativeIsas.length * ways * choices * 2; // of four places
    expect(output).toBe(
      `${each * lengths} steps, ${each * (lengths - 1)} changed the parameters\n`,
    );
  },
  180_000, // with sanitizers
);
