import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, promised } from '../../test/blocks.mts';
import { root } from '../prebuild/tools.mts';

const [code = ''] = blocksOf(readFileSync(join(root, 'README.md'), 'utf8'));

/** What a new user tries first, and what it is to print. */
export const example = { code, output: promised(code).join('\n') };
