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

/** Where all memory is float32 and the gradient stage idle; then the rule's compiled switches, and which of them are on. */
const sweeps = [
  {
    rule: 'RMSprop',
    name: /^void .*sweep<float, .*RMSprop, .*SameStreams<.*>, 4294967295u, \d+u, 2u>/,
  },
  { rule: 'Adam', name: /^void .*sweep<float, .*Adam, .*SameStreams<.*>, 4294967295u, \d+u, 0u>/ },
];

/** A string says why there are none. */
export function hotLoops(): HotLoop[] | string {
  if (process.arch !== 'x64') return 'only the instructions of x86-64 are understood';
  const file = binaryFile();
  const functions = functionsOf(file);
  if (functions === undefined) return 'objdump, of binutils, was not found';
  const loops = sweeps.flatMap(({ rule, name }) =>
    functions
      .filter((symbol) => name.test(symbol.name))
      .flatMap((symbol) => waysThrough(disassemble(file, symbol)).map((way) => count(rule, way))),
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

/** A constant beside the code is memory, but not a stream's. */
const isMemory = (operand: string) => /\(.*\)/.test(operand);
const isStream = (operand: string) => isMemory(operand) && !operand.includes('%rip');

/**
 * The ways from the first prefetch around to itself. The loop over the blocks of a piece goes that way, too, and so do
 * tests for numbers that need care: of the ways with the same roots and quotients the shortest is the loop's own, those
 * that divide or store more than others are not for ordinary numbers. What is left differs in how it takes the root.
 */
function waysThrough(code: readonly Instruction[]): Instruction[][] {
  const kinds = new Map<string, Instruction[]>();
  for (const way of cycles(code)) {
    const kind = `${way.filter(isDivider).map(({ mnemonic }) => mnemonic)}`;
    const shortest = kinds.get(kind);
    if (shortest === undefined || way.length < shortest.length) kinds.set(kind, way);
  }
  const ways = [...kinds.values()];
  const cost = (way: Instruction[]) => way.filter(isStore).length + way.filter(isDivider).length;
  const least = Math.min(...ways.map(cost));
  return ways.filter((way) => cost(way) === least);
}

/** All ways from the first prefetch to itself that meet no instruction twice. */
function* cycles(code: readonly Instruction[]): Generator<Instruction[]> {
  const start = code.findIndex(isPrefetch);
  if (start < 0) return;
  const places = new Map(code.map(({ address }, i) => [address, i]));
  const open: { next: number | undefined; way: number[] }[] = [{ next: start, way: [] }];
  for (let path = open.pop(); path; path = open.pop()) {
    const { way } = path;
    const met = new Set(way);
    let at = path.next;
    while (at !== undefined && at < code.length && !met.has(at)) {
      way.push(at);
      met.add(at);
      const { mnemonic, operands }: Instruction = code[at];
      const target = mnemonic.startsWith('j')
        ? places.get(Number.parseInt(operands[0], 16))
        : undefined;
      if (mnemonic === 'jmp') at = target;
      else if (mnemonic === 'ret') at = undefined;
      else {
        if (target !== undefined) open.push({ next: target, way: [...way] });
        at++;
      }
    }
    if (at === start) yield way.map((i) => code[i]);
  }
}

function count(rule: string, way: readonly Instruction[]): HotLoop {
  const number = (is: (one: Instruction) => boolean) => way.filter(is).length;
  const width = way.some(({ operands }) => `${operands}`.includes('%zmm')) ? 512 : 256;
  // An address that is read twice comes from the cache the second time.
  const streams = (is: (one: Instruction) => boolean) =>
    new Set(way.filter(is).flatMap(({ operands }) => operands.map(bare).filter(isStream))).size;
  return {
    rule,
    width,
    root:
      number(({ mnemonic }) => mnemonic.startsWith('vrsqrt')) > 0 ? 'multiply-adds' : 'hardware',
    elements: width / 32,
    instructions: way.length,
    loads: number(isLoad),
    stores: number(isStore),
    prefetches: number(isPrefetch),
    arithmetic: number(({ mnemonic }) => /^v(mul|add|sub|fn?m(add|sub)\d*)ps$/.test(mnemonic)),
    divider: number(isDivider),
    bytes: (streams(isLoad) + streams(isStore)) * Float32Array.BYTES_PER_ELEMENT,
  };
}

/** Without the mask behind it. */
const bare = (operand: string) => operand.replace(/\{.*/, '');

const columns: Column<HotLoop>[] = [
  { title: 'rule', words: true, cell: ({ rule }) => rule },
  { title: 'bits', cell: ({ width }) => `${width}` },
  { title: 'root', words: true, cell: ({ root }) => root },
  { title: 'instructions', cell: ({ instructions }) => `${instructions}` },
  {
    title: 'per element',
    cell: ({ instructions, elements }) => significant(instructions / elements),
  },
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
