type Floats = Float32Array | Float64Array;

const value = new Float64Array(1);
const low32 = new Uint32Array(value.buffer, 0, 1); // little-endian, as all processors that Node.js runs on

/** x without its last 27 bits. */
function head(x: number): number {
  value[0] = x;
  low32[0] = (low32[0] as number) & ~(2 ** 27 - 1);
  return value[0];
}

function sum64(numbers: readonly number[], divisor: number): number {
  let [sum = 0] = numbers;
  let error = 0;
  for (let k = 1; k < numbers.length; k++) {
    const a = sum;
    const b = numbers[k] as number;
    sum = a + b;
    const added = sum - a;
    error += a - (sum - added) + (b - added);
  }
  const quotient = sum / divisor;
  const high = head(quotient);
  const low = quotient - high;
  const remainder = sum - high * divisor - low * divisor;
  const correction = (remainder + error) / divisor;
  return Number.isFinite(correction) && correction !== 0 ? quotient + correction : quotient;
}

const sum32 = (numbers: readonly number[], divisor: number) =>
  numbers.reduce((a, b) => a + b) / divisor;

/** out[i] = operation(parts[0][i], parts[1][i], ...): native/mpi/reduction.cpp, line for line. */
export function reduce(out: Floats, parts: readonly Floats[], operation: string): void {
  const divisor = operation === 'mean' ? parts.length : 1;
  const combine = {
    sum: out instanceof Float32Array ? sum32 : sum64,
    mean: out instanceof Float32Array ? sum32 : sum64,
    // biome-ignore lint/complexity/useMathMinMax: of 0 and -0 the first one stays
    min: (numbers: readonly number[]) => numbers.reduce((a, b) => (b < a ? b : a)),
    // biome-ignore lint/complexity/useMathMinMax: of 0 and -0 the first one stays
    max: (numbers: readonly number[]) => numbers.reduce((a, b) => (b > a ? b : a)),
  }[operation] as typeof sum32;
  const numbers: number[] = [];
  for (let i = 0; i < out.length; i++) {
    for (let k = 0; k < parts.length; k++) numbers[k] = parts[k]?.[i] as number;
    out[i] = combine(numbers, divisor);
  }
}
