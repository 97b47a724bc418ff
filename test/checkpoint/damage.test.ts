import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { loadCheckpoint, RMSprop, saveCheckpoint } from '../../lib/index.js';
import { encodeJson } from '../../lib/json.js';
import { forge, readByTheBook, sign } from './file.js';
import { inFolder } from './folder.js';

/** An optimizer that is going to be offered bad files; what it holds is not what they hold. */
function victim() {
  const w = Float32Array.of(7, 8, 9);
  const b = Float64Array.of(10);
  const mean = Uint8Array.of(11, 12);
  const optimizer = new RMSprop({ w, b }, { momentum: 0.5 });
  optimizer.step({ w: Float32Array.of(1, 2, 3), b: Float64Array.of(4) });
  const snapshot = () => structuredClone({ w, b, mean, state: optimizer.stateDict() });
  const before = snapshot();
  return {
    load: (path: string) => loadCheckpoint(path, { optimizer, tensors: { mean } }),
    expectUnchanged: () => expect(snapshot()).toEqual(before),
  };
}

const good = inFolder('good');
const bad = inFolder('bad');
let bytes: Buffer;

beforeAll(async () => {
  const params = { w: Float32Array.of(1, 2, 3), b: Float64Array.of(4) };
  const optimizer = new RMSprop(params, { momentum: 0.5 });
  optimizer.step({ w: Float32Array.of(1, 1, 1), b: Float64Array.of(1) });
  await saveCheckpoint(good, { optimizer, tensors: { mean: Uint8Array.of(5, 6) } });
  bytes = readFileSync(good);
});

const dataStart = () => 8 + Number(bytes.readBigUInt64LE());

const codeOf = (load: Promise<unknown>) =>
  load.then(
    () => 'loaded',
    (error) => error.code,
  );

test('the file that the others are made from is good', async () => {
  const { load } = victim();
  writeFileSync(bad, sign(Buffer.from(bytes)));
  expect(readFileSync(bad)).toEqual(bytes);
  const largest = watchAllocations();
  expect(await codeOf(load(bad))).toBe('loaded');
  expect(largest()).toBeGreaterThan(bytes.length);
});

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

/** Header and data of the good file, for files that are wrong on purpose and have the right checksums. */
function parts() {
  const { length, text, metadata, tensors, data } = readByTheBook(good);
  return { text: text.trimEnd(), length, metadata, tensors, data };
}
type Parts = ReturnType<typeof parts>;
const assemble = ({ metadata, tensors, data }: Parts) =>
  forge(JSON.stringify({ __metadata__: metadata, ...tensors }), data);

/** A change of the good file's header as JSON. */
const json = (edit: (parts: Parts) => void) => () => {
  const all = parts();
  edit(all);
  return assemble(all);
};
/** One of the text of its header. */
const text = (from: string | RegExp, to: string) => () => {
  const { text, data } = parts();
  const edited = text.replace(from, to);
  expect(edited).not.toBe(text);
  return forge(edited, data);
};
/** One of what it says of the groups. */
// biome-ignore lint/suspicious/noExplicitAny: the edits are wrong on purpose
const groups = (edit: (groups: any) => unknown) =>
  json(({ metadata }) => {
    const list = JSON.parse(metadata.groups as string);
    metadata.groups = encodeJson(edit(list) ?? list);
  });
const groupsText = (from: string | RegExp, to: string) =>
  json(({ metadata }) => {
    const edited = (metadata.groups as string).replace(from, to);
    expect(edited).not.toBe(metadata.groups);
    metadata.groups = edited;
  });
/** Another length of the header. */
const length = (value: bigint) => () => {
  const file = Buffer.from(bytes);
  file.writeBigUInt64LE(value);
  return file;
};
const entry = (name: string, change: object) =>
  json(({ tensors }) => Object.assign(tensors[name] as object, change));

const W = 'parameters/0/w';
const FORMAT = 'ERR_CHECKPOINT_FORMAT';
const MISMATCH = 'ERR_STATE_MISMATCH';
const deep = 100_000;

test.each<[string, () => Buffer, string]>([
  ['an empty file', () => Buffer.alloc(0), FORMAT],
  ['zeros', () => Buffer.alloc(5000), FORMAT],
  ['a header length of 0', length(0n), FORMAT],
  ['a header length of 1', length(1n), FORMAT],
  ['a header length that goes beyond the file', () => length(BigInt(bytes.length) - 7n)(), FORMAT],
  ['a header length of 2^31', length(2n ** 31n), FORMAT],
  ['a header length of 2^53', length(2n ** 53n), FORMAT],
  ['a header length of 2^63', length(2n ** 63n), FORMAT],
  ['a header length of 2^64 - 1', length(2n ** 64n - 1n), FORMAT],
  ['no checksum', text('"checksum"', '"checkers"'), FORMAT],
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
])('%s: refused, and nothing has changed', async (_, make, code) => {
  const { load, expectUnchanged } = victim();
  const file = make();
  writeFileSync(bad, file);
  const largest = watchAllocations();
  const error = await load(bad).catch((error) => error);
  expect(largest()).toBeLessThanOrEqual(file.length);
  expect(error.code).toBe(code);
  // It is refused for what it is, not for a checksum that nobody has adapted.
  expect(error.message).not.toMatch(/with the checksum/);
  expectUnchanged();
});

/** From now on, the largest piece of memory that JavaScript asks for. */
function watchAllocations() {
  let largest = 0;
  const count = (bytes: number) => {
    largest = Math.max(largest, bytes);
  };
  const Original = globalThis.ArrayBuffer;
  vi.stubGlobal(
    'ArrayBuffer',
    class extends Original {
      constructor(bytes: number) {
        count(bytes);
        super(bytes);
      }
    },
  );
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const original = Buffer[name];
    vi.spyOn(Buffer, name).mockImplementation((bytes: number) => {
      count(bytes);
      return original(bytes);
    });
  }
  return () => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    return largest;
  };
}

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

/** Moves what begins at or after an offset by 8 bytes. */
function shift(all: Parts, from: number) {
  for (const { data_offsets } of Object.values(all.tensors)) {
    if (data_offsets[0] < from) continue;
    data_offsets[0] += 8;
    data_offsets[1] += 8;
  }
  all.data = Buffer.concat([all.data, Buffer.alloc(8)]);
}

function rename(from: string, to: string) {
  return text(`"${from}"`, `"${to}"`);
}
