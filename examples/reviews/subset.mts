/** Takes a thousand short reviews out of all: `node --import tsx examples/reviews/subset.mts FOLDER`. */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Random } from '../random.mts';
import { fewReviews, findReviews, readReviews } from './read.mts';

const all = readReviews(findReviews(process.argv[2]));
const order = new Random(1).permutation(all.length);
const short = Array.from(order, (i) => all[i]).filter(({ t }) => t.length <= 700);
const some = [0, 1].flatMap((s) => short.filter((review) => review.s === s).slice(0, 500));
writeFileSync(fewReviews, gzipSync(JSON.stringify(some), { level: 9 }));
