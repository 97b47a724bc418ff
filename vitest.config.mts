import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Test files with a process of their own, the longest first, so that none is left when all others are over: those whose own
 * work takes longer than to load the modules once more, those that put something else in the place of modules or of the
 * functions of the binary, and those that use the folder of checkpoints, which is that of a process.
 */
const alone = [
  'storage',
  'around/same-bits',
  'async/lifetime',
  'same-bits',
  'guard-pages',
  'floating-point',
  'model/model',
  'convergence',
  'properties',
  'async/threads',
  'parts/rows',
  'exact-operations',
  'checkpoint/resume',
  'checkpoint/faults',
  'types/narrow',
  'arithmetic',
  'tfjs/models',
  'storage-use',
  'garbage',
  'parts/same-bits',
  'checkpoint/damage',
  'golden/pytorch',
  'async/same-bits',
  'readme',
  'native',
  'checkpoint/use',
  'types/random',
  'thread-limit',
  'team',
  'pace',
  'async/turns',
  'async/containers',
  'optimizer',
  'schedules/scheduler',
  'groups/add',
  'checkpoint/format',
  'checkpoint/disks',
  'checkpoint/order',
].map((name) => `test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const place = ({ moduleId }: TestSpecification) => {
      const at = alone.findIndex((name) => moduleId.endsWith(`/${name}`));
      return at < 0 ? alone.length : at;
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
          exclude: [...configDefaults.exclude, ...alone],
          isolate: false,
          setupFiles: ['test/after-file.ts'],
        },
      },
    ],
  },
});
