import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutShards, type Segment } from '../../lib/mpi/shards.js';
import { CHUNK } from '../../lib/norms.js';

const lengthsOf = fc.array(
  fc.oneof(
    fc.nat(20),
    fc.nat(5 * CHUNK),
    fc.nat(50).map((n) => n * CHUNK),
  ),
  {
    maxLength: 12,
  },
);

/** All elements of tensors in their order, as the parts say; throws if one is missing or twice. */
function requirePartition(lengths: readonly number[], parts: readonly (readonly Segment[])[]) {
  const next = lengths.map(() => 0);
  for (const { tensor, from, to } of parts.flat()) {
    expect(from).toBe(next[tensor]);
    expect(to).toBeGreaterThan(from);
    expect(from % CHUNK).toBe(0);
    expect(lengths.slice(0, tensor).every((length, t) => next[t] === length)).toBe(true);
    next[tensor] = to;
  }
  expect(next).toEqual(lengths);
}

const elements = (segments: readonly Segment[]) =>
  segments.reduce((sum, { from, to }) => sum + to - from, 0);

test('shards are all elements, one after the other, cut at chunks, and about as many for each rank', () => {
  fc.assert(
    fc.property(
      lengthsOf,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: CHUNK, max: 99999 }),
      (lengths, ranks, most) => {
        const { ofRanks, buckets } = cutShards(lengths, ranks, most);
        requirePartition(lengths, ofRanks);
        const total = lengths.reduce((sum, length) => sum + length, 0);
        for (const segments of ofRanks) {
          expect(Math.abs(elements(segments) - total / ranks)).toBeLessThanOrEqual(CHUNK);
        }
        for (const [r, segments] of ofRanks.entries()) {
          const inBuckets = buckets.map((bucket) => bucket[r] as Segment[]);
          expect(elements(inBuckets.flat())).toBe(elements(segments));
          for (const bucket of inBuckets)
            expect(elements(bucket)).toBeLessThanOrEqual(most + CHUNK);
        }
        // Rank by rank, bucket by bucket, they are all elements again.
        const byRank = ofRanks.map((_, r) => buckets.flatMap((bucket) => bucket[r] as Segment[]));
        requirePartition(lengths, byRank);
      },
    ),
  );
});
