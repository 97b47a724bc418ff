import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { watchAllocations } from './allocations.js';
import { entry, groups, groupsText, json, length, parts, rename, shift, text } from './edits.js';
import { forge, sign } from './file.js';
import { bad, saveGood } from './good-file.js';
import { victim } from './victim.js';

let bytes: Buffer;
beforeAll(async () => {
  bytes = await saveGood();
});

test('the file that the others are made from is good', async () => {
  const { load } = victim();
  writeFileSync(bad, sign(Buffer.from(bytes)));
  expect(readFileSync(bad)).toEqual(bytes);
  const largest = watchAllocations();
  await load(bad);
  expect(largest()).toBeGreaterThan(bytes.length);
});

const W = 'parameters/0/w';
const FORMAT = 'ERR_CHECKPOINT_FORMAT';
const MISMATCH = 'ERR_STATE_MISMATCH';
const deep = 100_000;

test.each<[what: string, make: () => Buffer, code: string, says?: string]>([
  [
    'an empty file',
    () => Buffer.alloc(0),
    FORMAT,
    'to be a safetensors file, but received 0 bytes',
  ],
  ['zeros', () => Buffer.alloc(5000), FORMAT],
  ['a header length of 0', length(0n), FORMAT],
  ['a header length of 1', length(1n), FORMAT],
  ['a header length that goes beyond the file', () => length(BigInt(bytes.length) - 7n)(), FORMAT],
  ['a header length of 2^31', length(2n ** 31n), FORMAT],
  ['a header length of 2^53', length(2n ** 53n), FORMAT],
  [
    'a header length of 2^63',
    length(2n ** 63n),
    FORMAT,
    'to be a whole safetensors file, with a header of at most',
  ],
  ['a header length of 2^64 - 1', length(2n ** 64n - 1n), FORMAT],
  [
    'no checksum',
    text('"checksum"', '"checkers"'),
    FORMAT,
    'to be written by saveCheckpoint() or save(), with checksums in its header, but received none',
  ],
  [
    'checksums in capitals',
    () =>
      Buffer.from(
        bytes.toString('latin1').replace(/crc32:\S{17}/, (x) => x.toUpperCase()),
        'latin1',
      ),
    FORMAT,
  ],
  ['space before the header', text(/^/, ' '), FORMAT],
  ['a byte order mark', text(/^/, '\ufeff'), FORMAT],
  ['text after the header', text(/$/, ' x'), FORMAT],
  ['a second header', text(/$/, '{}'), FORMAT],
  ['no end of the header', text(/}$/, ''), FORMAT],
  ['a comma too many', text(/}$/, ',}'), FORMAT],
  ['a comment', text('"rule"', '/**/"rule"'), FORMAT],
  ['other quotes', text('"rule"', "'rule'"), FORMAT],
  ['a line break in a string', text('"rule"', '"ru\nle"'), FORMAT],
  ['an unknown escape', text('"rule"', '"\\rule\\x41"'), FORMAT],
  ['a string without an end', text(/}$/, ',"'), FORMAT],
  [
    'bytes that are no UTF-8',
    () =>
      sign(Buffer.from(bytes.toString('latin1').replace('"RMSprop"', '"RM\xffprop"'), 'latin1')),
    FORMAT,
  ],
  ['metadata that is no string', text('"formatVersion":"1"', '"formatVersion":1'), FORMAT],
  ['metadata twice', text(/}$/, ',"__metadata__":{}}'), FORMAT],
  ['a key of the metadata twice', text('"rule"', '"rule":"Adam","rule"'), FORMAT],
  ['a tensor twice', text(/("parameters\/0\/w":\{.*?\}),/, '$1,$1,'), FORMAT],
  [
    'a tensor twice, once escaped',
    text(/"(parameters\/0\/w)":(\{.*?\}),/, '"$1":$2,"\\u0070arameters/0/w":$2,'),
    FORMAT,
  ],
  ['a field of a tensor twice', text('"dtype":"F32"', '"dtype":"F32","dtype":"F32"'), FORMAT],
  ['a field too many', text('"dtype":"F32"', '"dtype":"F32","__proto__":{}'), FORMAT],
  ['a field too few', text('"dtype":"F32",', ''), FORMAT],
  ['an unknown dtype', entry(W, { dtype: 'F31' }), FORMAT],
  ['a dtype that all objects have', entry(W, { dtype: 'toString' }), FORMAT],
  ['a dtype that is a number', entry(W, { dtype: 32 }), FORMAT],
  ['a negative shape', entry(W, { shape: [-3] }), FORMAT],
  ['a fractional shape', text('"shape":[3]', '"shape":[3.0]'), FORMAT],
  ['a shape with an exponent', text('"shape":[3]', '"shape":[3e0]'), FORMAT],
  ['a shape with a leading zero', text('"shape":[3]', '"shape":[03]'), FORMAT],
  ['a shape in a shape', entry(W, { shape: [[3]] }), FORMAT],
  ['a shape that is a string', entry(W, { shape: '3' }), FORMAT],
  ['a huge shape', entry(W, { shape: [2 ** 52] }), FORMAT],
  ['a shape beyond 2^53', text('"shape":[3]', '"shape":[9007199254740993]'), FORMAT],
  ['a shape whose product overflows', entry(W, { shape: Array(40).fill(2 ** 32) }), FORMAT],
  ['a shape whose product wraps to its size', entry(W, { shape: [2 ** 32, 2 ** 32, 3] }), FORMAT],
  ['three offsets', entry(W, { data_offsets: [0, 0, 0] }), FORMAT],
  ['no offsets', entry(W, { data_offsets: [] }), FORMAT],
  ['negative offsets', entry(W, { data_offsets: [-12, 0] }), FORMAT],
  ['fractional offsets', entry(W, { data_offsets: [0.5, 12.5] }), FORMAT],
  ['offsets beyond the file', entry(W, { data_offsets: [2 ** 40, 2 ** 40 + 12] }), FORMAT],
  ['offsets in the wrong order', json(({ tensors }) => tensors[W]?.data_offsets.reverse()), FORMAT],
  [
    'offsets that overlap',
    json(({ tensors }) =>
      Object.assign(tensors[W] as object, {
        data_offsets: tensors['state/squareAverage/0/w']?.data_offsets,
      }),
    ),
    FORMAT,
  ],
  ['a hole at the start', json((all) => shift(all, 0)), FORMAT],
  ['a hole in the middle', json((all) => shift(all, 40)), FORMAT],
  [
    'data that nobody has',
    json((all) => {
      all.data = Buffer.concat([all.data, Buffer.alloc(8)]);
    }),
    FORMAT,
  ],
  [
    'data missing',
    json((all) => {
      all.data = all.data.subarray(8);
    }),
    FORMAT,
  ],
  [
    'deep nesting in the header',
    text(/}$/, `,"x":${'['.repeat(deep)}${']'.repeat(deep)}}`),
    FORMAT,
  ],
  ['deep nesting of a tensor', text(/}$/, `,"x":${'{"dtype":'.repeat(deep)}}`), FORMAT],
  ['deep nesting of the metadata', text('"rule"', `"x":${'{"a":'.repeat(deep)}`), FORMAT],
  [
    'a tensor called __proto__',
    text(/}$/, `,"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`),
    MISMATCH,
  ],
  [
    '__proto__ in the metadata for what is not there',
    text('"rule":"RMSprop"', '"__proto__":"RMSprop"'),
    MISMATCH,
  ],
  [
    'another format',
    json(({ metadata }) => {
      metadata.format = 'pt';
    }),
    FORMAT,
  ],
  [
    'a later version of the format',
    json(({ metadata }) => {
      metadata.formatVersion = '2';
    }),
    FORMAT,
  ],
  [
    'another rule',
    json(({ metadata }) => {
      metadata.rule = 'SGD';
    }),
    MISMATCH,
  ],
  [
    'groups that are no JSON',
    json(({ metadata }) => {
      metadata.groups = '[{]';
    }),
    FORMAT,
  ],
  [
    'no groups',
    json(({ metadata }) => {
      delete metadata.groups;
    }),
    FORMAT,
  ],
  ['groups that are null', groups(() => 'null'), MISMATCH],
  [
    'metadata of the caller that is no JSON',
    json(({ metadata }) => {
      metadata.metadata = '{';
    }),
    FORMAT,
  ],
  [
    'deep nesting of the groups',
    groupsText(/.*/s, `${'['.repeat(deep)}${']'.repeat(deep)}`),
    MISMATCH,
  ],
  ['deep nesting of a name', groupsText('"w"', `${'['.repeat(deep)}${']'.repeat(deep)}`), MISMATCH],
  [
    'deep nesting of a state',
    groupsText('"squareAverage"', `${'['.repeat(deep)}${']'.repeat(deep)}`),
    MISMATCH,
  ],
  [
    'deep nesting of an option',
    groupsText('"decay":0.9', `"decay":${'['.repeat(deep)}${']'.repeat(deep)}`),
    'ERR_INVALID_OPTION',
  ],
  ['a group too many', groups((list) => [...list, ...list]), MISMATCH],
  [
    'an option called __proto__',
    groupsText('"decay":0.9', '"decay":0.9,"__proto__":{"decay":0.5}'),
    'ERR_UNKNOWN_OPTION',
  ],
  ['an option in __proto__', groupsText('"decay":0.9', '"__proto__":{"decay":0.5}'), MISMATCH],
  [
    'an option out of its domain',
    groups(([{ options }]) => {
      options.decay = 2;
    }),
    'ERR_INVALID_OPTION',
  ],
  ['an option that is infinite', groupsText('"decay":0.9', '"decay":1e999'), 'ERR_INVALID_OPTION'],
  [
    'a negative step',
    groups(([{ tensors }]) => {
      tensors[0].step = -1;
    }),
    MISMATCH,
  ],
  [
    'a step of 2^53',
    groups(([{ tensors }]) => {
      tensors[0].step = 2 ** 53;
    }),
    MISMATCH,
  ],
  [
    'another name',
    groups(([{ tensors }]) => {
      tensors[0].name = 'v';
    }),
    MISMATCH,
  ],
  [
    'names in another order',
    groups(([{ tensors }]) => {
      tensors.reverse();
    }),
    MISMATCH,
  ],
  [
    'a state that is an object',
    groups(([{ tensors }]) => {
      tensors[0].state[0] = { toString: 1 };
    }),
    MISMATCH,
  ],
  [
    'a state that its options need left out',
    groups(([{ tensors }]) => {
      tensors[0].state.pop();
    }),
    MISMATCH,
  ],
  [
    'a state that the rule does not have',
    groups(([{ tensors }]) => {
      tensors[0].state.push('__proto__');
    }),
    MISMATCH,
  ],
  [
    'states that are a string',
    groups(([{ tensors }]) => {
      tensors[0].state = 'squareAverage';
    }),
    MISMATCH,
  ],
  ['a state whose tensor is not there', rename('state/squareAverage/0/w', 'state/x/0/w'), MISMATCH],
  ['a parameter that is not there', rename(W, 'parameters/0/v'), MISMATCH],
  ['a parameter of another group', rename(W, 'parameters/1/w'), MISMATCH],
  [
    'a tensor of the caller that is not there',
    rename('tensors/mean', 'tensors/variance'),
    MISMATCH,
  ],
  [
    'a tensor that nobody asked for',
    text(/}$/, ',"tensors/x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    MISMATCH,
  ],
  ['a parameter of another type and the same size', entry(W, { dtype: 'I32' }), MISMATCH],
  [
    'a parameter of half the numbers and twice the size',
    entry('parameters/0/b', { dtype: 'F32', shape: [2] }),
    MISMATCH,
  ],
  ['a state of another type', entry('state/squareAverage/0/b', { dtype: 'I64' }), MISMATCH],
])('%s: refused, and nothing has changed', async (_, make, code, says = '') => {
  const { load, expectUnchanged } = victim();
  const file = make();
  writeFileSync(bad, file);
  const largest = watchAllocations();
  const error = await load(bad).catch((error) => error);
  expect(largest()).toBeLessThanOrEqual(file.length);
  expect(error.code).toBe(code);
  expect(error.message).toContain(says);
  // It is refused for what it is, not for a checksum that nobody has adapted.
  expect(error.message).not.toMatch(/with the checksum/);
  expectUnchanged();
});

describe('8 GB that are really in the file', () => {
  const huge = 2 ** 31;
  test.each([
    ['for a parameter', `,"${W}"`, MISMATCH],
    ['for a state', ',"state/momentumBuffer/0/w"', MISMATCH],
    ['for a tensor that nobody asked for', ',"tensors/x"', MISMATCH],
  ])('%s: no memory is taken for them', async (_, name, code) => {
    const { load, expectUnchanged } = victim();
    const { text, data } = parts();
    const known = new RegExp(`${name}:\\{.*?\\}`);
    const begin = data.length;
    const info = { dtype: 'F32', shape: [huge], data_offsets: [begin, begin + 4 * huge] };
    // What was there gets another name, and the data of the huge one come last.
    const other = text.replace(known, (entry) => entry.replace(name, ',"tensors/y"'));
    const header = other.replace(/}$/, `${name}:${JSON.stringify(info)}}`);
    const file = forge(header, data);
    writeFileSync(bad, file);
    truncateSync(bad, file.length + 4 * huge); // a hole, which takes no room on the disk
    const largest = watchAllocations();
    const error = await load(bad).catch((error) => error);
    expect(largest()).toBeLessThanOrEqual(file.length);
    expect(error.code).toBe(code);
    expectUnchanged();
  });

  test('as a header: no memory is taken for it', async () => {
    const { load, expectUnchanged } = victim();
    const file = Buffer.from(bytes);
    file.writeBigUInt64LE(2n ** 32n);
    writeFileSync(bad, file);
    truncateSync(bad, 2 ** 33);
    const largest = watchAllocations();
    const error = await load(bad).catch((error) => error);
    expect(largest()).toBeLessThanOrEqual(8);
    expect(error.code).toBe(FORMAT);
    expectUnchanged();
  });
});
