/** The version of this package: that of package.json, as a test makes sure. Bundles have no package.json to read. */
export const version = '0.1.0';
