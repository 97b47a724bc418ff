import { type Isa, runtime } from '../lib/index.js';

const { availableIsas, nativeError } = runtime();
// Without the binary there would be nothing to compare, and nothing could fail.
if (nativeError) throw new Error(`These tests need the binary: ${nativeError}`);

/** The instruction sets of the kernel on this machine: what is compared with the reference. */
export const nativeIsas: readonly Isa[] = availableIsas.filter((isa) => isa !== 'typescript');

/** The fastest engine and the reference: the one that everybody uses, and the one that has checks of its own. */
export const engines: readonly Isa[] = [nativeIsas[0] as Isa, 'typescript'];
