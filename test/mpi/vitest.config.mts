import { defineConfig } from 'vitest/config';

/** The tests that need MPI: npm run test:mpi. One after another, as each has a process a rank. */
export default defineConfig({
  test: {
    include: ['test/mpi/ranks/*.test.ts'],
    testTimeout: 600_000,
    fileParallelism: false,
  },
});
