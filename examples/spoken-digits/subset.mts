/** Takes every tenth recording out of the whole data: `node --import tsx examples/spoken-digits/subset.mts WHEEL`. */
import { writeFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { readRecordings } from './read.mts';

const [path = ''] = process.argv.slice(2);
const some = readRecordings(path).filter((_, i) => i % 10 === 0);
const numbers = Float32Array.from(some.flatMap(({ features }) => [...features]));
writeFileSync(
  new URL('digits.npz', import.meta.url),
  zipSync(
    {
      'X.npy': npy('<f4', [numbers.length / 13, 13], numbers),
      'y.npy': npy('<i8', [some.length], integers(some.map(({ digit }) => digit))),
      'lengths.npy': npy('<i8', [some.length], integers(some.map(({ frames }) => frames))),
    },
    { level: 9, mtime: '1980-01-01' },
  ),
);

function integers(values: number[]): BigInt64Array {
  return BigInt64Array.from(values, BigInt);
}

function npy(type: string, shape: number[], data: Float32Array | BigInt64Array): Uint8Array {
  const facts = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = Buffer.from(`\x93NUMPY\x01\x00__${facts.padEnd(117)}\n`, 'latin1');
  header.writeUInt16LE(118, 8);
  return Buffer.concat([header, new Uint8Array(data.buffer)]);
}
