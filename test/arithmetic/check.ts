import fc from 'fast-check';

/** Runs one body over many random cases; failures name the case and its seed. */
export function check<T>(cases: fc.Arbitrary<T>, count: number, body: (example: T) => void) {
  fc.assert(fc.property(cases, body), { numRuns: count });
}
