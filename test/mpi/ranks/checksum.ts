import { createHash } from 'node:crypto';
import type { FloatTensor } from '../model.js';

/** What the bits of tensors are known by. */
export function checksumOf(tensors: readonly FloatTensor[]): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of tensors) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
