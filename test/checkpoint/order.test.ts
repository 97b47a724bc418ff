import { rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { SGD } from '../../lib/index.js';
import { folder, inFolder } from './folder.js';

/** What is asked of the system, in order. */
const calls: string[] = [];
/** What is at the end of a path: of those of temporary folders, systems have several. */
const name = (path: unknown) =>
  basename(String(path))
    .replace(basename(folder), 'folder')
    .replace(/^\.file\..*\.tmp$/, 'temporary');

vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  const watch = (handle: FileHandle, path: unknown) =>
    new Proxy(handle, {
      get(target, key) {
        const value = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          const call = `${String(key)} ${name(path)}`;
          calls.push(call);
          try {
            return await value.apply(target, args);
          } catch (error) {
            calls.push(`${call} fails`);
            throw error;
          }
        };
      },
    });
  return {
    ...fs,
    open: async (...args: Parameters<typeof fs.open>) => watch(await fs.open(...args), args[0]),
    rename: (from: string, to: string) => {
      calls.push(`rename ${name(from)} ${name(to)}`);
      return fs.rename(from, to);
    },
  };
});

afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  calls.length = 0;
});

test('a new file is on the disk before it has its name, and the name before the promise is fulfilled', async () => {
  await new SGD(Float32Array.of(1), { momentum: 0.5 }).save(inFolder('file'));
  expect(calls).toEqual([
    'write temporary', // the header
    'write temporary', // the data
    'write temporary', // the checksums
    'sync temporary',
    'close temporary',
    'rename temporary file',
    'sync folder',
    'close folder',
  ]);
});
