import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const test = (name: string) => `test/${name}.test.ts`;

/** Files that put something else in the place of modules, or load them again, or count milliseconds: each has a process. */
const alone = ['arithmetic/power', 'async/turns', 'checkpoint/order'].map(test);

/** The longest files, in their order, so that none is left when all others are over. */
const longest = [
  'exact-operations',
  'commands',
  'storage',
  'around/same-bits',
  'same-bits',
  'async/lifetime',
  'model/model',
  'guard-pages',
  'readme',
  'mpi/distributed-bits',
  'fallback/fallback',
  'mpi/sharded-checkpoint',
  'convergence',
  'checkpoint/faults',
  'checkpoint/resume',
  'async/threads',
  'floating-point',
  'parts/rows',
  'golden/pytorch',
  'tfjs/models',
  'storage-use',
  'garbage',
  'properties',
  'parts/same-bits',
  'checkpoint/damage',
  'async/same-bits',
  'native',
  'introspection/report',
  'lr-finder/restore',
  'types/random',
  'checkpoint/refused',
  'checkpoint/use',
  'types/narrow',
].map(test);

/** Those that are alone come first: a process is not shared with what comes after one of them. */
const order = [...alone, ...longest];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const place = ({ moduleId }: TestSpecification) => {
      const at = order.findIndex((name) => moduleId.endsWith(`/${name}`));
      return at < 0 ? order.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    testTimeout: 240_000,
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: alone } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          // Those need MPI, and have a configuration of their own.
          exclude: [...configDefaults.exclude, 'test/mpi/ranks', ...alone],
          isolate: false,
          setupFiles: ['test/after-file.ts'],
        },
      },
    ],
  },
});
