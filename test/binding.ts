import { join } from 'node:path';
import load from 'node-gyp-build';
import type { Binding } from '../binding.js';

/** The native module, as lib/ sees it: what is put in the place of its functions, lib/ calls. */
export const binding = load(join(__dirname, '..')) as Binding;
