/**
 * JSON of plain data that has -0 and infinities as such, for Python too: JavaScript would write 0 and null, and Python read
 * -0 as an integer.
 */
export function encodeJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(encodeJson).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, own]) => `${JSON.stringify(key)}:${encodeJson(own)}`,
    );
    return `{${entries.join()}}`;
  }
  if (value === Number.POSITIVE_INFINITY) return '1e999';
  if (value === Number.NEGATIVE_INFINITY) return '-1e999';
  return Object.is(value, -0) ? '-0.0' : JSON.stringify(value);
}
