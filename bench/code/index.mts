/** Prints what the compiler made of the kernel: `npm run bench:code`. */
import { textTable } from '../table.mts';
import { hotLoops, loopTable } from './loops.mts';
import { codeSize, sizeTable } from './size.mts';

console.log(`The hottest loops, for one vector\n\n${loopTable(hotLoops(), textTable)}`);
console.log(`\nThe code\n\n${sizeTable(codeSize(), textTable)}`);
