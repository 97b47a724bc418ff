import { javascript } from './javascript.mts';
import type { Missing, Peer } from './peer.mts';
import { openPython, pythonPeers } from './python.mts';
import { openTensorFlow } from './tensorflow.mts';

const pythonKeys = Object.keys(pythonPeers) as (keyof typeof pythonPeers)[];

export const peerKeys = ['javascript', 'tfjs-cpu', 'tfjs-wasm', ...pythonKeys];

/** Those of the peers that are installed, and what is not. */
export async function openPeers(
  keys: readonly string[],
  python: string | undefined,
): Promise<{ peers: Peer[]; missing: Missing[] }> {
  const all: (Peer | Missing)[] = [];
  if (keys.includes('javascript')) all.push(javascript);
  if (keys.includes('tfjs-cpu')) all.push(await openTensorFlow('cpu'));
  if (keys.includes('tfjs-wasm')) all.push(await openTensorFlow('wasm'));
  const wanted = pythonKeys.filter((key) => keys.includes(key));
  if (wanted.length > 0 && python !== undefined) {
    all.push(...(await openPython(python, wanted)));
  } else {
    const missing = 'needs --python path; see bench/README.md';
    all.push(...wanted.map((key) => ({ key, name: pythonPeers[key], missing })));
  }
  return {
    peers: all.filter((peer): peer is Peer => !('missing' in peer)),
    missing: all.filter((peer) => 'missing' in peer),
  };
}
