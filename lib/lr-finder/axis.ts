/** A place on an axis, and what stands there. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** About how many ticks an axis has. */
const COUNT = 6;

/** Round numbers from low to high: 1, 2 or 5 times a power of ten apart. */
export function linearTicks(low: number, high: number): Tick[] {
  const rough = (high - low) / COUNT;
  const power = exponentOf(rough);
  const unit = [1, 2, 5, 10].find((factor) => factor * Number(`1e${power}`) >= rough) ?? 10;
  const step = Number(`${unit}e${power}`);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: count }, (_, i) => {
    const value = (first + i) * step;
    // Enough digits to tell neighbours apart, and not those in which a product of step is a little off.
    const digits = Math.max(1, exponentOf(Math.abs(value)) - power + 2);
    return { value, label: String(Number(value.toPrecision(Math.min(digits, 15)))) };
  });
}

/** Powers of ten from low to high; in less than two decades, also 2 and 5 times those. */
export function logarithmicTicks(low: number, high: number): Tick[] {
  const [first, last] = [exponentOf(low), exponentOf(high)];
  const factors = last - first < 2 ? [1, 2, 5] : [1];
  const apart = Math.ceil((last - first) / (2 * COUNT)) || 1;
  const ticks: Tick[] = [];
  for (let power = first; power <= last; power += apart) {
    for (const factor of factors) {
      const value = Number(`${factor}e${power}`);
      const label = `${factor === 1 ? '' : `${factor}·`}10${superscript(power)}`;
      if (value >= low && value <= high) ticks.push({ value, label });
    }
  }
  return ticks;
}

/** A rate or a loss in three digits. */
export function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function exponentOf(value: number): number {
  return Number(value.toExponential().split('e')[1]);
}

function superscript(power: number): string {
  return Array.from(`${power}`, (sign) => (sign === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(sign)])).join(
    '',
  );
}
