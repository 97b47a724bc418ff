/** Where a tensor belongs that is a piece of a larger one. */
export interface Placement {
  /** The number of its first element there: the first of a chunk. */
  readonly from: number;
  /** How many the larger one has. */
  readonly wholeLength: number;
}

const placements = new WeakMap<object, Placement>();

/** Says it before an optimizer is made of the piece. */
export function place(piece: object, placement: Placement) {
  placements.set(piece, placement);
}

/** Undefined for a tensor of its own. */
export function placementOf(tensor: object): Placement | undefined {
  return placements.get(tensor);
}
