/**
 * Random calls, the same on all ranks, against a sequential model: several under way at once, blocking ones in between.
 * Arguments: seed, number of runs.
 */
import fc from 'fast-check';
import { init } from '../../../lib/mpi/index.js';
import { difference, ordinaryValue, specialValues } from '../../bits.js';
import { reduce } from '../reduction.js';
import { report } from './verdict.js';

type Floats = Float32Array | Float64Array;
type Numbers = Floats | Uint8Array;

const views = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array };
const operations = ['sum', 'mean', 'min', 'max'] as const;
const kinds = ['allReduce', 'reduceScatter', 'allGather', 'broadcast', 'barrier'] as const;

const comm = init();
const { rank: me, size } = comm;
const everyRank = Array.from({ length: size }, (_, rank) => rank);

const anyCall = fc.record({
  kind: fc.constantFrom(...kinds),
  type: fc.constantFrom('float32', 'float64', 'uint8'),
  weights: fc.option(fc.array(fc.nat(5), { minLength: size, maxLength: size })),
  length: fc.oneof(fc.nat(20), fc.nat(3000)),
  operation: fc.constantFrom(...operations),
  ordered: fc.boolean(),
  root: fc.nat(size - 1),
  seed: fc.nat(),
  blocking: fc.boolean(),
  shared: fc.boolean(),
  offset: fc.nat(3),
});
type Call = typeof anyCall extends fc.Arbitrary<infer T> ? T : never;

/** What one rank has. Where the order of additions is MPI's, numbers whose sums are exact. */
function numbersOf(call: Call, rank: number, length: number): Numbers {
  const isFloat = call.type !== 'uint8' || call.kind.includes('educe');
  const type = isFloat && call.type === 'uint8' ? 'float32' : call.type;
  const exact = call.kind === 'allReduce' && !call.ordered;
  const special = specialValues[type === 'float64' ? 'float64' : 'float32'].filter(Number.isFinite);
  return new views[type](length).map((_, i) => {
    const seed = call.seed + rank;
    const x = ordinaryValue(seed, i);
    if (!isFloat) return x * 1e6;
    if (exact) return Math.round(x * 1000) * 12 + 0; // means of 2, 3 and 4 are exact, too; no -0
    return seed % 7 === 0 ? (special[(i * 31 + rank) % special.length] as number) : x;
  });
}

function prepare(call: Call) {
  const length = call.weights ? call.weights.reduce((sum, count) => sum + count, 0) : call.length;
  const counts =
    call.weights ?? everyRank.map((rank) => Math.floor((length + size - 1 - rank) / size));
  const starts = counts.map((_, k) => counts.slice(0, k).reduce((sum, count) => sum + count, 0));
  const all = everyRank.map((rank) => numbersOf(call, rank, length));
  const own = all[me] as Numbers;
  const expected = own.slice() as Numbers;
  const part = (numbers: Numbers, k: number) =>
    numbers.subarray(starts[k], (starts[k] as number) + (counts[k] as number));
  const reduced = own.slice() as Floats;
  if (call.kind.includes('educe')) reduce(reduced, all as Floats[], call.operation);
  if (call.kind === 'allReduce') expected.set(reduced);
  if (call.kind === 'reduceScatter') part(expected, me).set(part(reduced, me));
  if (call.kind === 'allGather')
    for (const k of everyRank) part(expected, k).set(part(all[k] as Numbers, k));
  if (call.kind === 'broadcast') expected.set(all[call.root] as Numbers);

  // Its memory lies somewhere in a buffer, whose rest must stay as it is.
  const View = own.constructor as typeof Float64Array;
  const start = call.offset * 8;
  const bytes = start + own.byteLength + 16;
  const buffer = call.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  const array = new View(buffer as ArrayBuffer, start, length);
  new Uint8Array(buffer).fill(0xa5);
  array.set(own as Float64Array);
  const options = {
    barrier: undefined,
    allReduce: {
      operation: call.operation,
      ...(call.ordered ? { order: 'fixed' } : {}),
    },
    reduceScatter: {
      operation: call.operation,
      ...(call.weights ? { counts } : {}),
    },
    allGather: call.weights ? { counts } : undefined,
    broadcast: { root: call.root },
  }[call.kind];
  const run = (suffix: '' | 'Async') => {
    const method = `${call.kind}${suffix}` as 'allReduce';
    return call.kind === 'barrier'
      ? comm[method as 'barrier']()
      : comm[method](array, options as never);
  };
  const fault = () => {
    const margins = new Uint8Array(buffer).filter(
      (_, i) => i < start || i >= start + own.byteLength,
    );
    return margins.every((x) => x === 0xa5)
      ? difference(array as Numbers, expected)
      : 'margins changed';
  };
  return { call, run, fault };
}

/** Random messages among all ranks. */
const anyExchange = fc.record({
  seed: fc.nat(),
  messages: fc.array(
    fc.record({
      from: fc.nat(size - 1),
      to: fc.nat(size - 1),
      array: fc.nat(1),
      offset: fc.nat(50),
      length: fc.nat(50),
    }),
    { maxLength: 20 },
  ),
});
type Exchange = typeof anyExchange extends fc.Arbitrary<infer T> ? T : never;

function prepareExchange(call: Exchange) {
  const numbersOf = (rank: number) => [
    new Float32Array(100).map((_, i) => ordinaryValue(call.seed + rank, i)),
    new Float64Array(100).map((_, i) => ordinaryValue(call.seed + rank, i)),
  ];
  const sent = numbersOf(me);
  const received = [new Float32Array(50 * 20), new Float64Array(50 * 20)];
  const expected = received.map((array) => array.slice()) as Floats[];
  const sends: number[] = [];
  const receives: number[] = [];
  for (const [k, { from, to, array, offset, length }] of call.messages.entries()) {
    if (from === me) sends.push(to, array, offset, length);
    if (to !== me) continue;
    receives.push(from, 2 + array, 50 * k, length);
    const source = numbersOf(from)[array] as Float64Array;
    (expected[array] as Floats).set(source.subarray(offset, offset + length), 50 * k);
  }
  const run = () =>
    comm.exchange([...sent, ...received], Float64Array.from(sends), Float64Array.from(receives));
  const fault = () =>
    received
      .map((array, k) => difference(array, expected[k] as Floats))
      .find((found) => found !== undefined);
  return { call, run, fault };
}

/** Makes random lists of calls, and returns how many calls there were, and which went wrong. */
async function go(seed: number, numRuns: number) {
  const anyCalls = fc.array(fc.oneof(anyCall, anyExchange), { minLength: 1, maxLength: 6 });
  const faults: object[] = [];
  let calls = 0;
  for (const list of fc.sample(anyCalls, { seed, numRuns })) {
    const prepared = list.map((call) => ('kind' in call ? prepare(call) : prepareExchange(call)));
    await Promise.all(
      prepared.map(({ call, run }) => run('blocking' in call && call.blocking ? '' : 'Async')),
    );
    for (const { call, fault } of prepared) {
      calls++;
      const found = fault();
      if (found !== undefined) faults.push({ found, call });
    }
  }
  comm.finalize();
  return { rank: me, size, calls, faults: faults.slice(0, 3) };
}

const [seed, numRuns] = process.argv.slice(2).map(Number) as [number, number];
go(seed, numRuns).then(report);
