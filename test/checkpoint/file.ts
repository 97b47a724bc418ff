import { readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** The bytes of a safetensors file, of any header and data, with the checksums that belong to them. */
export function forge(header: string, data: Uint8Array = new Uint8Array(0)): Buffer {
  const text = Buffer.from(header);
  const file = Buffer.alloc(8 + text.length + data.length);
  file.writeBigUInt64LE(BigInt(text.length));
  text.copy(file, 8);
  file.set(data, 8 + text.length);
  return sign(file);
}

/** Writes the checksums into a file that has room for them. */
export function sign(file: Buffer): Buffer {
  const at = file.indexOf('"crc32:') + '"crc32:'.length;
  if (at < 8) return file;
  const end = 8 + Number(file.readBigUInt64LE());
  file.write('00000000-00000000', at);
  const digits = (bytes: Uint8Array) => crc32(bytes).toString(16).padStart(8, '0');
  file.write(`${digits(file.subarray(0, end))}-${digits(file.subarray(end))}`, at);
  return file;
}

export interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** A file as anybody reads it who knows nothing but the format: https://huggingface.co/docs/safetensors */
export function readByTheBook(path: string) {
  const file = readFileSync(path);
  const length = Number(file.readBigUInt64LE(0));
  const text = file.toString('utf8', 8, 8 + length);
  const { __metadata__: metadata, ...tensors } = JSON.parse(text) as {
    __metadata__: { [name: string]: string };
  } & { [name: string]: Entry };
  const data = file.subarray(8 + length);
  return { length, text, metadata, tensors: tensors as { [name: string]: Entry }, data };
}

/** Changes the data of one tensor in a file, and its checksum. */
export function forgeData(path: string, name: string, edit: (data: Buffer) => void) {
  const file = readFileSync(path);
  const { length, tensors } = readByTheBook(path);
  const [begin, end] = (tensors[name] as Entry).data_offsets;
  edit(file.subarray(8 + length + begin, 8 + length + end));
  writeFileSync(path, sign(file));
}
