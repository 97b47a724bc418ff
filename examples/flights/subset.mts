/** Takes January, and what matters of it, out of the flights of a year: `node --import tsx examples/flights/subset.mts ZIP`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { strFromU8, unzipSync } from 'fflate';
import { columns, january } from './read.mts';

const [path = ''] = process.argv.slice(2);
const [first, ...rows] = strFromU8(unzipSync(readFileSync(path))['flights.csv'])
  .trim()
  .split('\n')
  .map((line) => line.split(','));
const month = first.indexOf('month');
const places = columns.map((column) => first.indexOf(column));
const kept = [first, ...rows.filter((row) => row[month] === '1')];
const text = kept.map((row) => `${places.map((place) => row[place]).join()}\n`).join('');
writeFileSync(january, gzipSync(text, { level: 9 }));
