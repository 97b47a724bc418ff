declare module 'node-gyp-build' {
  /** Loads build/Release/*.node of a package, or the one of its prebuilds/ that fits this machine. */
  function load(packageFolder: string): unknown;
  namespace load {
    /** Only tells which one that is. */
    function path(packageFolder: string): string;
  }
  export default load;
}
