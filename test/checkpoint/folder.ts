import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for the files of one test file, which is removed after its tests (after-file.ts). */
export const folder = mkdtempSync(join(tmpdir(), 'rmsprop-checkpoint-'));

export const inFolder = (name: string) => join(folder, name);

/** What is in a folder that should not be there after a save. */
export const strays = (path = folder) => readdirSync(path).filter((name) => name.endsWith('.tmp'));
