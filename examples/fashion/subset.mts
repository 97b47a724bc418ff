/** Takes the first pictures out of the files of Fashion-MNIST: `node --import tsx examples/fashion/subset.mts FOLDER`. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { readIdx } from '../idx.mts';

const [folder = '/usr/share/datasets/fashion-mnist'] = process.argv.slice(2);
for (const [part, count] of [
  ['train', 1000],
  ['t10k', 500],
] as const) {
  for (const name of [`${part}-images-idx3-ubyte`, `${part}-labels-idx1-ubyte`]) {
    const { shape, data } = readIdx(folder, name);
    const [all, ...own] = shape;
    const header = Buffer.alloc(4 + 4 * shape.length);
    header.set([0, 0, 8, shape.length]);
    for (const [i, n] of [count, ...own].entries()) header.writeUInt32BE(n, 4 + 4 * i);
    const bytes = Buffer.concat([header, data.subarray(0, (data.length / all) * count)]);
    writeFileSync(new URL(`${name}.gz`, import.meta.url), gzipSync(bytes, { level: 9 }));
  }
}
