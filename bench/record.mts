import { writeFileSync } from 'node:fs';

/** Writes all figures of a run as JSON. */
export function writeRecord(file: string, record: object): void {
  writeFileSync(file, `${JSON.stringify(record, rounded, 2)}\n`);
}

/** Six digits are more than any of these figures is good for. */
function rounded(_key: string, value: unknown) {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}
