import { output } from './binary.mts';

export interface Instruction {
  readonly address: number;
  readonly mnemonic: string;
  /** The last one is the destination. */
  readonly operands: readonly string[];
}

export interface Symbol {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The functions of a binary; undefined without objdump. */
export function functionsOf(file: string): Symbol[] | undefined {
  const text = output('objdump', ['--syms', '--demangle', file]);
  return text
    ?.split('\n')
    .map((line) => /^([0-9a-f]+) .{5} F \.text\t([0-9a-f]+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, address, size, name]) => {
      const start = Number.parseInt(address, 16);
      return { name, start, end: start + Number.parseInt(size, 16) };
    });
}

/** The instructions of a function, in order. */
export function disassemble(file: string, { start, end }: Symbol): Instruction[] {
  const range = [`--start-address=${start}`, `--stop-address=${end}`];
  const text = output('objdump', ['--disassemble', '--no-show-raw-insn', ...range, file]) ?? '';
  return text
    .split('\n')
    .map((line) => /^\s*([0-9a-f]+):\t(\S+)\s*([^#<]*)/.exec(line))
    .filter((match) => match !== null)
    .map(([, address, mnemonic, operands]) => ({
      address: Number.parseInt(address, 16),
      mnemonic,
      operands: split(operands.trim()),
    }));
}

/** At the commas that are not within an address. */
function split(operands: string): string[] {
  return operands === '' ? [] : operands.split(/,(?![^(]*\))/);
}
