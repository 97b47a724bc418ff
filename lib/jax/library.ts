/** What is used of an array of jax-js. A call consumes its array, unless it is made on `ref`. */
export interface JaxArray {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly ref: this;
  dataSync(): unknown;
  data(): Promise<unknown>;
  dispose(): void;
}

/** A pytree: arrays in lists and records, however deep. */
export type Tree = JaxArray | readonly Tree[] | { readonly [key: string]: Tree };

interface TreeDef {
  toString(): string;
  equals(other: never): boolean;
}

/**
 * What is used of jax-js. Its two builds, for `import` and for `require`, do not know each other's arrays, nor their types:
 * whoever has one passes it.
 */
export interface JaxLibrary {
  readonly numpy: { array(data: never, options: { shape: number[] }): JaxArray };
  readonly tree: {
    flatten(tree: never): [unknown[], TreeDef];
    unflatten(treedef: never, leaves: Iterable<unknown>): unknown;
  };
}
