import type { RuleKey } from './contenders.mts';
import type { Types } from './narrow-types.mts';
import type { Shape } from './tensors.mts';

/** Sizes that share their targets, each with the least elements of a tensor that belongs to it. */
const classes = { dram: 2 ** 22, '1M': 2 ** 20, '256K': 2 ** 18, '16K': 2 ** 14, call: 1 };

type SizeClass = keyof typeof classes | 'many';

type Targets = { readonly [size in SizeClass]?: number };

function classOf({ count, length }: Shape): SizeClass {
  if (count > 1) return 'many';
  const names = Object.keys(classes) as (keyof typeof classes)[];
  return names.find((name) => length >= classes[name]) ?? 'call';
}

/** The share of the limit loop's speed that a step is to reach. */
export function limitTarget(rule: RuleKey, shape: Shape, isa: string): number | undefined {
  const size = classOf(shape);
  if (size === 'dram') return 0.97;
  if (size === '1M' || size === '256K') return 0.95;
  // In the first caches arithmetic is the wall; only AVX-512 has a way around the divider.
  if (size !== '16K' || isa !== 'avx512') return undefined;
  const targets: { readonly [key in RuleKey]?: number } = {
    rmsprop: 0.6,
    'rmsprop-full': 0.6,
    adam: 0.75,
    adamw: 0.75,
  };
  return targets[rule];
}

/** How much faster than on one thread. "Never slower" leaves room for noise, since small steps use one. */
export function threadsTarget(shape: Shape, threads: number): number {
  return threads === 2 && shape.count === 1 && shape.length >= classes['256K'] ? 1.8 : 0.97;
}

/** Nanoseconds of a call for a tensor of a few floats. */
export function callTarget(shape: Shape): number | undefined {
  return shape.count === 1 && shape.length <= 16 ? 1000 : undefined;
}

/** Nanoseconds above the limit loop for each of many tensors, if they are so small that arithmetic hardly counts. */
export function tensorTarget({ count, length }: Shape): number | undefined {
  return count >= 100 && length <= 100 ? 100 : undefined;
}

/** Times as long as the float32 limit loop a step on narrow types takes, at most, where memory is the wall. */
export function narrowTarget(types: Types['key'], shape: Shape): number | undefined {
  if (classOf(shape) !== 'dram') return undefined;
  const targets: { readonly [key in Types['key']]?: number } = {
    'state-bfloat16': 0.9,
    'state-uint8': 0.85,
    bfloat16: 0.75,
  };
  return targets[types];
}

/** Times as long as an ordinary step, at most, for parameters without gradients. */
export const IDLE_TARGET = 2;

const peerTargets: { peers: string[]; rules: RuleKey[]; targets: Targets }[] = [
  {
    peers: ['torch-loop', 'torch-foreach'],
    rules: ['rmsprop', 'rmsprop-full'],
    targets: { '16K': 5, '1M': 3.5, dram: 5, many: 20 },
  },
  {
    peers: ['torch-compile'],
    rules: ['rmsprop', 'rmsprop-full', 'sgd-momentum', 'adam', 'adamw'],
    targets: { call: 0.97, '16K': 5, '256K': 0.97, '1M': 0.97, dram: 0.97, many: 5 },
  },
  {
    peers: ['torch-fused'],
    rules: ['adam', 'adamw'],
    targets: { '1M': 1.3, dram: 1, many: 8 },
  },
  {
    peers: ['tfjs-cpu'],
    rules: ['rmsprop', 'rmsprop-full'],
    targets: { call: 50, '16K': 50, '256K': 50, '1M': 50, dram: 50, many: 50 },
  },
  {
    peers: ['tfjs-wasm'],
    rules: ['rmsprop', 'rmsprop-full'],
    targets: { call: 5, '16K': 5, '256K': 5, '1M': 5, dram: 5, many: 5 },
  },
];

/** How many times as long as ours a peer is to take, at least. */
export function peerTarget(peer: string, rule: RuleKey, shape: Shape): number | undefined {
  const entry = peerTargets.find(
    ({ peers, rules }) => peers.includes(peer) && rules.includes(rule),
  );
  return entry?.targets[classOf(shape)];
}

/** Microseconds for which an asynchronous step may hold the event loop, whatever it steps. */
export const HELD_TARGET = 50;

/** How many times as long as with our optimizer a library is to take with its own, at least: its step, and all of training. */
export function ecosystemTargets(
  library: string,
  network: string,
): { step?: number; whole?: number } {
  if (library === 'tfjs-cpu') return { step: 50, ...(network === 'mlp' && { whole: 1.8 }) };
  return library === 'tfjs-wasm' ? { step: 5 } : {};
}
