import { RMSprop } from 'rmsprop';
import type { Tensors } from './tensors.mts';

/** Something that updates tensors: one row of the table for every size. */
export interface Contender {
  readonly name: string;
  /** The streams of its limit loop: states that are read and written, beside parameter and gradient. */
  readonly states: number;
  readonly targets: readonly Target[];
  /** Makes it for these tensors; what comes back is one step. */
  prepare(tensors: Tensors): () => void;
}

/** The ratio to the limit loop that one tensor of at least so many elements is to reach. */
export interface Target {
  readonly elements: number;
  readonly ratio: number;
  /** The only instruction set for which it holds. */
  readonly isa?: string;
}

const common: Target[] = [
  { elements: 2 ** 22, ratio: 0.97 },
  { elements: 2 ** 18, ratio: 0.95 },
];

export const contenders: Contender[] = [
  {
    name: 'RMSprop',
    states: 1,
    targets: [...common, { elements: 2 ** 14, ratio: 0.6, isa: 'avx512' }],
    prepare({ parameters, gradients }) {
      const optimizer = new RMSprop(parameters);
      return () => optimizer.step(gradients);
    },
  },
];

/** The target of one case, if it has one: that of the largest size not above it. */
export function targetOf(contender: Contender, { shape }: Tensors, isa: string) {
  if (shape.count > 1) return undefined;
  const sizes = contender.targets.filter(({ elements }) => elements <= shape.length);
  const [target] = sizes.sort((a, b) => b.elements - a.elements);
  return target === undefined || (target.isa ?? isa) !== isa ? undefined : target.ratio;
}
