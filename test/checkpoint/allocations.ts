import { vi } from 'vitest';

/**
 * From now on, the largest piece of memory that JavaScript asks for. The test runner tells its parent meanwhile what has been
 * tested: each of its messages takes four bytes.
 */
export function watchAllocations() {
  let largest = 0;
  const count = (bytes: number) => {
    if (new Error().stack?.includes('writeChannelMessage (node:internal')) return;
    largest = Math.max(largest, bytes);
  };
  const Original = globalThis.ArrayBuffer;
  vi.stubGlobal(
    'ArrayBuffer',
    class extends Original {
      constructor(bytes: number) {
        count(bytes);
        super(bytes);
      }
    },
  );
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const original = Buffer[name];
    vi.spyOn(Buffer, name).mockImplementation((bytes: number) => {
      count(bytes);
      return original(bytes);
    });
  }
  return () => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    return largest;
  };
}
