/**
 * What the loops do that nearly all time is spent in: the instructions that one vector takes, counted in the binary.
 * Hardware counters would tell more, but few virtual machines have them.
 */
import { type Column, significant, type Table } from '../table.mts';
import { binaryFile } from './binary.mts';
import { disassemble, functionsOf, type Instruction } from './disassembly.mts';

/** One way through the loop of a sweep that ordinary numbers take, from prefetch to prefetch: one vector. */
export interface HotLoop {
  readonly rule: string;
  /** Of a vector, in bits. */
  readonly width: number;
  /** How it gets the square root. */
  readonly root: string;
  /** Elements of a vector. */
  readonly elements: number;
  readonly instructions: number;
  /** Those of them without vectors: counting, and tests of switches that the compiler does not know. */
  readonly scalar: number;
  readonly loads: number;
  readonly stores: number;
  readonly prefetches: number;
  /** Multiplications, additions and both at once. */
  readonly arithmetic: number;
  /** Square roots, their estimates, and divisions. */
  readonly divider: number;
  /** Of memory, per element. */
  readonly bytes: number;
}

/**
 * The sweeps for float32, into which all other memory is decoded, with no more stages than the defaults need. The last numbers
 * say which of the rule's switches the compiler knows, and which of these are on.
 */
const sweeps = [
  { rule: 'RMSprop', name: ', SameStreams<float, RMSprop>, (Can)0, 5u, 0u>' },
  { rule: 'Adam', name: ', SameStreams<float, Adam>, (Can)0, 1u, 0u>' },
];

/** A string says why there are none. */
export function hotLoops(): HotLoop[] | string {
  if (process.arch !== 'x64') return 'only the instructions of x86-64 are understood';
  const file = binaryFile();
  const functions = functionsOf(file);
  if (functions === undefined) return 'objdump, of binutils, was not found';
  const loops = sweeps.flatMap(({ rule, name }) =>
    functions
      .filter((symbol) => symbol.name.replaceAll('(anonymous namespace)::', '').includes(name))
      .flatMap((symbol) => waysThrough(disassemble(file, symbol)))
      .map((way) => count(rule, way)),
  );
  if (loops.length === 0) return 'the binary names no sweeps, or none has a loop that prefetches';
  return loops.sort((a, b) => a.width - b.width);
}

const isPrefetch = ({ mnemonic }: Instruction) => mnemonic.startsWith('prefetch');
const isDivider = ({ mnemonic }: Instruction) => /^v(sqrt|div|rsqrt)/.test(mnemonic);
const isStore = ({ mnemonic, operands }: Instruction) =>
  /^v?p?mov/.test(mnemonic) && isMemory(operands.at(-1) ?? '');
const isLoad = (one: Instruction) =>
  !/^(lea|nop|prefetch|j)/.test(one.mnemonic) && !isStore(one) && one.operands.some(isMemory);

const isMemory = (operand: string) => /\(.*\)/.test(operand);

/**
 * The ordinary way with the hardware's root, and that with the root from an estimate; where there is one. Numbers that
 * need care are left to functions.
 */
function waysThrough(code: readonly Instruction[]): Instruction[][] {
  const ways = [/^(call|vrsqrt)/, /^(call|vsqrt)/].map((avoided) => cheapestWay(code, avoided));
  return ways.filter((way) => way !== undefined);
}

/** More instructions than any way has. */
const MANY = 1e5;

/**
 * From the first prefetch around to itself. The loop over the blocks of a piece goes that way, too, and so do options
 * that are not the default and numbers that need care. They all take more stores, roots or divisions, or, if not, more
 * instructions: the ordinary way is the one that takes least.
 */
function cheapestWay(code: readonly Instruction[], avoided: RegExp): Instruction[] | undefined {
  const start = code.findIndex(isPrefetch);
  const places = new Map(code.map(({ address }, i) => [address, i]));
  const costs = code.map(() => Number.POSITIVE_INFINITY);
  const before = code.map(() => -1);
  const open = new Set<number>();
  const reach = (to: number | undefined, from: number, cost: number) => {
    if (to === undefined || code[to] === undefined || avoided.test(code[to].mnemonic)) return;
    const all = cost + 1 + (isDivider(code[to]) || isStore(code[to]) ? MANY : 0);
    if (all >= costs[to]) return;
    costs[to] = all;
    before[to] = from;
    open.add(to);
  };
  const leave = (from: number, cost: number) => {
    const { mnemonic, operands } = code[from];
    if (mnemonic.startsWith('j')) reach(places.get(Number.parseInt(operands[0], 16)), from, cost);
    if (mnemonic !== 'jmp' && mnemonic !== 'ret') reach(from + 1, from, cost);
  };
  if (start >= 0) leave(start, 0);
  while (open.size > 0) {
    const [next] = [...open].sort((a, b) => costs[a] - costs[b]);
    open.delete(next);
    if (next !== start) leave(next, costs[next]);
  }
  if (start < 0 || before[start] < 0) return undefined;
  const way = [code[start]];
  for (let at = before[start]; at !== start; at = before[at]) way.unshift(code[at]);
  return way;
}

function count(rule: string, way: readonly Instruction[]): HotLoop {
  const number = (is: (one: Instruction) => boolean) => way.filter(is).length;
  const width = way.some(({ operands }) => `${operands}`.includes('%zmm')) ? 512 : 256;
  const elements = width / 32;
  const traffic = (is: (one: Instruction) => boolean) => {
    // An address that is read twice comes from the cache the second time.
    const streams = new Map(way.filter(is).flatMap(streamOf));
    return [...streams.values()].reduce((sum, bytes) => sum + bytes, 0) / elements;
  };
  return {
    rule,
    width,
    root:
      number(({ mnemonic }) => mnemonic.startsWith('vrsqrt')) > 0 ? 'multiply-adds' : 'hardware',
    elements,
    instructions: way.length,
    scalar: number(({ mnemonic }) => !/^(v|k|prefetch)/.test(mnemonic)),
    loads: number(isLoad),
    stores: number(isStore),
    prefetches: number(isPrefetch),
    arithmetic: number(({ mnemonic }) => /^v(mul|add|sub|fn?m(add|sub)\d*)ps$/.test(mnemonic)),
    divider: number(isDivider),
    bytes: traffic(isLoad) + traffic(isStore),
  };
}

/** The address that a vector comes from or goes to and how many bytes; none for constants and what lies on the stack. */
function streamOf({ operands }: Instruction): [string, number][] {
  const address = operands.find(isMemory)?.replace(/\{.*/, '') ?? '';
  const [, size] = /%([xyz])mm/.exec(`${operands}`) ?? [];
  if (size === undefined || /%r[ibs]p/.test(address)) return [];
  return [[address, { x: 16, y: 32, z: 64 }[size as 'x' | 'y' | 'z']]];
}

const columns: Column<HotLoop>[] = [
  { title: 'rule', words: true, cell: ({ rule }) => rule },
  { title: 'bits', cell: ({ width }) => `${width}` },
  { title: 'root', words: true, cell: ({ root }) => root },
  { title: 'instructions', cell: ({ instructions }) => `${instructions}` },
  {
    title: 'per element',
    cell: ({ instructions, elements }) => significant(instructions / elements),
  },
  { title: 'scalar', cell: ({ scalar }) => `${scalar}` },
  { title: 'loads', cell: ({ loads }) => `${loads}` },
  { title: 'stores', cell: ({ stores }) => `${stores}` },
  { title: 'prefetches', cell: ({ prefetches }) => `${prefetches}` },
  { title: 'multiply, add', cell: ({ arithmetic }) => `${arithmetic}` },
  { title: 'root, divide', cell: ({ divider }) => `${divider}` },
  { title: 'bytes', cell: ({ bytes }) => `${bytes}` },
];

export function loopTable(loops: readonly HotLoop[] | string, table: Table): string {
  return typeof loops === 'string' ? `Not counted: ${loops}.` : table(columns, loops);
}
