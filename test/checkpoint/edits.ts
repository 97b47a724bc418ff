// Changes of the good file.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { encodeJson } from '../../lib/json.js';
import { forge, readByTheBook } from './file.js';
import { good } from './good-file.js';

/** Header and data of the good file, for files that are wrong on purpose and have the right checksums. */
export function parts() {
  const { length, text, metadata, tensors, data } = readByTheBook(good);
  return { text: text.trimEnd(), length, metadata, tensors, data };
}
type Parts = ReturnType<typeof parts>;
const assemble = ({ metadata, tensors, data }: Parts) =>
  forge(JSON.stringify({ __metadata__: metadata, ...tensors }), data);

/** A change of the good file's header as JSON. */
export const json = (edit: (parts: Parts) => void) => () => {
  const all = parts();
  edit(all);
  return assemble(all);
};
/** One of the text of its header. */
export const text = (from: string | RegExp, to: string) => () => {
  const { text, data } = parts();
  const edited = text.replace(from, to);
  expect(edited).not.toBe(text);
  return forge(edited, data);
};
/** One of what it says of the groups. */
// biome-ignore lint/suspicious/noExplicitAny: the edits are wrong on purpose
export const groups = (edit: (groups: any) => unknown) =>
  json(({ metadata }) => {
    const list = JSON.parse(metadata.groups as string);
    metadata.groups = encodeJson(edit(list) ?? list);
  });
export const groupsText = (from: string | RegExp, to: string) =>
  json(({ metadata }) => {
    const edited = (metadata.groups as string).replace(from, to);
    expect(edited).not.toBe(metadata.groups);
    metadata.groups = edited;
  });
/** Another length of the header. */
export const length = (value: bigint) => () => {
  const file = readFileSync(good);
  file.writeBigUInt64LE(value);
  return file;
};
export const entry = (name: string, change: object) =>
  json(({ tensors }) => Object.assign(tensors[name] as object, change));

/** Moves what begins at or after an offset by 8 bytes. */
export function shift(all: Parts, from: number) {
  for (const { data_offsets } of Object.values(all.tensors)) {
    if (data_offsets[0] < from) continue;
    data_offsets[0] += 8;
    data_offsets[1] += 8;
  }
  all.data = Buffer.concat([all.data, Buffer.alloc(8)]);
}

export function rename(from: string, to: string) {
  return text(`"${from}"`, `"${to}"`);
}
