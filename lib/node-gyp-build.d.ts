declare module 'node-gyp-build' {
  /** Loads build/Release/*.node of a package, or the one of its prebuilds/ that fits this machine. */
  export default function load(packageFolder: string): unknown;
}
