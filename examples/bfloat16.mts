/** Numbers as bfloat16 codes, the upper halves of float32 ones: to the nearest, and of two as near to the even one. */
export function encode(numbers: Float32Array, codes: Uint16Array): void {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  for (let i = 0; i < bits.length; i++)
    codes[i] = (bits[i] + 0x7fff + ((bits[i] >>> 16) & 1)) >>> 16;
}

export function decode(codes: Uint16Array, numbers: Float32Array): void {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  for (let i = 0; i < bits.length; i++) bits[i] = codes[i] << 16;
}
