import type { World } from './world.js';

export type Tensors = ReturnType<World['tensors']>;
export type Gradients = (Tensors[number] | null)[];

export function gradientsOf(world: World, nulls: number, shared: boolean): Gradients {
  const gradients = world.tensors([shared ? 'shared' : 'own', 'offset', 'neighbours']);
  return gradients.map((gradient, i) => ((nulls >> (i % 5)) & 1 ? null : gradient));
}

export const copiesOf = (gradients: Gradients) =>
  gradients.map((gradient) => gradient?.slice() ?? null);
