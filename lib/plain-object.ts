/** Whether something has all that it holds in properties of its own. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const prototype = Object.getPrototypeOf(value);
    // Object.prototype, of whatever realm, is the one prototype that has none itself.
    return prototype === null || Object.getPrototypeOf(prototype) === null;
  } catch {
    return false; // a revoked proxy
  }
}
