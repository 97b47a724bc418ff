import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for the files of one test file, which is removed after its tests. */
export const folder = mkdtempSync(join(tmpdir(), 'rmsprop-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export const inFolder = (name: string) => join(folder, name);

/** What is in a folder that should not be there after a save. */
export const strays = (path = folder) => readdirSync(path).filter((name) => name.endsWith('.tmp'));
