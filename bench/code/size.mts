import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Column, Table } from '../table.mts';
import { binaryFile, output } from './binary.mts';

/** A part of the binary, in bytes. */
export interface Part {
  readonly name: string;
  readonly bytes: number;
}

/** The binary, and what the sweeps of every instruction set add to it. What the tools that are here cannot tell is left out. */
export function codeSize(): Part[] {
  const file = binaryFile();
  return [
    { name: 'binary', bytes: statSync(file).size },
    ...strippedSize(file),
    ...objectFiles().flatMap(sweepsSize),
  ];
}

function strippedSize(file: string): Part[] {
  const folder = mkdtempSync(join(tmpdir(), 'rmsprop-'));
  try {
    const stripped = join(folder, 'stripped.node');
    if (output('strip', ['-o', stripped, file]) === undefined) return [];
    return [{ name: 'binary, stripped', bytes: statSync(stripped).size }];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of native/isa/, where the binary was built here. */
function objectFiles(): string[] {
  const folder = fileURLToPath(
    new URL('../../build/CMakeFiles/rmsprop.dir/native/isa/', import.meta.url),
  );
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.o'));
    return names.map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Code, constants and the tables for unwinding: all that ends up in the binary. */
function sweepsSize(file: string): Part[] {
  const [, text, data] = /^\s*(\d+)\s+(\d+)/m.exec(output('size', [file]) ?? '') ?? [];
  if (text === undefined) return [];
  const isa = basename(file).replace(/\..*/, '');
  return [{ name: `of these, sweeps of ${isa}`, bytes: Number(text) + Number(data) }];
}

const columns: Column<Part>[] = [
  { title: 'part', words: true, cell: ({ name }) => name },
  { title: 'KB', cell: ({ bytes }) => (bytes / 2 ** 10).toFixed(0) },
];

export function sizeTable(parts: readonly Part[], table: Table): string {
  return table(columns, parts);
}
