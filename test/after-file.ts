import { afterAll, vi } from 'vitest';
import { configure, runtime } from '../lib/index.js';

// Most files share a process and its modules (vitest.config.mts): the next one is to find them as this one did.
const { isa, threads } = runtime();
afterAll(() => {
  configure({ isa, threads });
  vi.restoreAllMocks();
});
