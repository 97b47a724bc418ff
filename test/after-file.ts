import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, vi } from 'vitest';
import { configure, runtime } from '../lib/index.js';
import { folder } from './checkpoint/folder.js';

// Most files share a process and its modules (vitest.config.mts): the next one is to find them as this one did.
const { isa, threads } = runtime();
mkdirSync(folder, { recursive: true });
afterAll(() => {
  configure({ isa, threads });
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});
