import { tsImport } from 'tsx/esm/api';

const { presets } = await tsImport('./lib/presets.ts', import.meta.url);

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  entryPoints: ['lib/index.ts', 'lib/tfjs/index.ts', 'lib/jax/index.mts', 'lib/mpi/index.ts'],
  tsconfig: 'tsconfig.json',
  out: 'reference',
  logLevel: 'Warn',
  readme: 'none',
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  validation: { notDocumented: true },
  intentionallyNotDocumented: [
    'index.Gradients.__type.params',
    // The options say what they mean, and the preset whose values these are.
    ...Object.entries(presets).flatMap(([preset, options]) =>
      Object.keys(options).map((name) => `index.presets.__type.${preset}.__type.${name}`),
    ),
  ],
  intentionallyNotExported: [
    'AnyGroups',
    'AnyRule',
    'SavedCounters',
    'Float16',
    'GradientsOf',
    'IsaName',
    'Milestones',
    'Named',
    'NamedTensor',
    'Steps',
    'StrictGroup',
    'Train',
    'Tree',
    'TypedArray',
    'ValidParams',
    'Values',
    'VariableGradients',
    'WeightNames',
    'WithGroup',
  ],
  treatWarningsAsErrors: true,
};
