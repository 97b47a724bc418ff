import { describe, expect, test } from 'vitest';
import { randomBits, randomKey, streamKey } from '../../lib/types/rounding.js';
import { BLOCK } from '../../lib/types/uint8.js';

/** What the bits of one rounding depend on. */
interface Place {
  seed: number;
  step: number;
  tensor: number;
  stream: number;
  element: number;
}

function bitsAt({ seed, step, tensor, stream, element }: Place): number {
  const key = streamKey(randomKey(seed, step), tensor, stream);
  return randomBits(key, Math.floor(element / BLOCK), element % BLOCK);
}

const start: Place = { seed: 0, step: 1, tensor: 0, stream: 0, element: 0 };
const many = 2 ** 17;

/** The elements of one tensor. */
const elements = (i: number): Place => ({ ...start, element: i });

/** Many places, and for each a neighbour, of which the bits should tell nothing. */
const neighbours: { of: string; at: (i: number) => Place; next: (at: Place) => Place }[] = [
  ...[1, 2, 3, 4, 8, 16, 255, 256].map((distance) => ({
    of: `elements ${distance} apart`,
    at: elements,
    next: (at: Place) => ({ ...at, element: at.element + distance }),
  })),
  { of: 'streams', at: elements, next: (at) => ({ ...at, stream: at.stream + 1 }) },
  { of: 'tensors', at: elements, next: (at) => ({ ...at, tensor: at.tensor + 1 }) },
  { of: 'steps', at: elements, next: (at) => ({ ...at, step: at.step + 1 }) },
  { of: 'seeds', at: elements, next: (at) => ({ ...at, seed: at.seed + 1 }) },
  {
    of: 'steps, at one element',
    at: (i) => ({ ...start, step: 1 + i }),
    next: (at) => ({ ...at, step: at.step + 1 }),
  },
  {
    of: 'tensors, at one element',
    at: (i) => ({ ...start, tensor: i % 2 ** 14, step: 1 + Math.floor(i / 2 ** 14) }),
    next: (at) => ({ ...at, tensor: at.tensor + 1 }),
  },
  {
    of: 'seeds, at one element',
    at: (i) => ({ ...start, seed: i }),
    next: (at) => ({ ...at, seed: at.seed + 1 }),
  },
];

/** As many bits of a fraction float16, bfloat16 and uint8 drop: so many of the lowest random bits decide. */
const counts = [13, 16, 20];

/** The random bits that count as a number from 0 to 1: a rounding goes up if it is above one less the fraction. */
const fraction = (bits: number, count: number) => ((bits % 2 ** count) + 0.5) / 2 ** count;

describe.each(counts)('the lowest %i bits', (count) => {
  test.each(neighbours)(
    'are uniform, and do not tell those of neighbouring $of',
    ({ at, next }) => {
      const bins = 256;
      const found = new Float64Array(bins);
      const side = 16;
      const both = new Float64Array(side ** 2);
      let covariance = 0;
      for (let i = 0; i < many; i++) {
        const place = at(i);
        const x = fraction(bitsAt(place), count);
        const y = fraction(bitsAt(next(place)), count);
        (found[Math.floor(x * bins)] as number)++;
        (both[Math.floor(x * side) * side + Math.floor(y * side)] as number)++;
        covariance += (x - 0.5) * (y - 0.5);
      }
      // Pearson's chi-square: its mean is the degrees of freedom, its deviation the root of twice that. 5 are allowed.
      const expected = many / bins;
      const chiSquare = found.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeLessThan(bins - 1 + 5 * Math.sqrt(2 * (bins - 1)));
      // A product of independent numbers has the deviation 1/12.
      expect(Math.abs((covariance / many) * 12)).toBeLessThan(5 / Math.sqrt(many));
      // That a number is rounded up should not tell whether its neighbour is, whatever their fractions: here it may tell
      // a correlation of a twentieth, which no mean over many elements or steps can notice.
      const above = (i: number, j: number) => {
        let n = 0;
        for (let u = i; u < side; u++) {
          for (let v = j; v < side; v++) n += (both[u * side + v] as number) / many;
        }
        return n;
      };
      let most = 0;
      for (let i = 1; i < side; i++) {
        for (let j = 1; j < side; j++) {
          const [p, q] = [above(i, 0), above(0, j)];
          const correlation = (above(i, j) - p * q) / Math.sqrt(p * (1 - p) * q * (1 - q));
          most = Math.max(most, Math.abs(correlation));
        }
      }
      expect(most).toBeLessThan(0.05);
    },
  );

  test('add up over a block as independent ones do', () => {
    // The sum of n independent numbers has the variance n/12, and the square of its deviation itself one of twice that.
    const blocks = 2 ** 12;
    for (const share of [1, 2, 4, 8]) {
      let variance = 0;
      for (let block = 0; block < blocks; block++) {
        let sum = 0;
        for (let i = 0; i < BLOCK; i += share) {
          sum += fraction(bitsAt(elements(block * BLOCK + i)), count) - 0.5;
        }
        variance += sum ** 2 / (BLOCK / share / 12) / blocks;
      }
      expect(Math.abs(variance - 1), `every ${share}`).toBeLessThan(5 * Math.sqrt(2 / blocks));
    }
  });
});

test('the steps beyond 2^32 have bits of their own', () => {
  const keys = new Set([0, 1, 2].map((high) => randomKey(0, high * 2 ** 32 + 7)));
  expect(keys.size).toBe(3);
});
