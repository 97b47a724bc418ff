import fc from 'fast-check';
import { expect } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../lib/index.js';
import { command, count } from './command.js';
import { expectThrows } from './errors.js';

export const state = fc.boolean().map((anew) =>
  command(`state(${anew ? 'into a new optimizer' : 'into the same'})`, (world) => {
    if (world.pending.length > 0) {
      expectThrows(() => world.optimizer.stateDict(), 'ERR_OPTIMIZER_BUSY');
      return;
    }
    world.compareStates();
    const dict = structuredClone(world.optimizer.stateDict());
    if (anew && !world.broken) world.optimizer = world.create(world.params);
    world.optimizer.loadStateDict(dict);
    world.compareStates();
  }),
);

/** The state goes to a file and comes back, in its turn. */
export const file = fc.record({ anew: fc.boolean(), wait: fc.boolean() }).map((given) =>
  command(`file(${JSON.stringify(given)})`, async (world) => {
    world.pending.push(world.optimizer.save(world.file));
    if (given.anew && !world.broken) {
      await world.settle();
      world.optimizer = world.create(world.params);
    }
    world.pending.push(world.optimizer.load(world.file));
    world.loading = true;
    if (!given.wait && !world.broken) return;
    await world.settle();
    world.compareStates();
  }),
);

/** Parameters and state go to a file, and parameters are overwritten before they come back. */
export const checkpoint = fc.boolean().map((anew) =>
  command(`checkpoint(${anew ? 'into a new optimizer' : 'into the same'})`, async (world) => {
    const metadata = { epoch: count.commands };
    const pending = world.pending.length > 0;
    const save = saveCheckpoint(world.file, { optimizer: world.optimizer as never, metadata });
    if (world.broken) {
      await expect(save).rejects.toMatchObject({ code: world.broken });
      return;
    }
    if (pending) await world.settle();
    await save;
    for (const tensor of world.params) tensor.fill(0);
    if (anew) world.optimizer = world.create(world.params);
    const options = { optimizer: world.optimizer as never };
    expect(await loadCheckpoint(world.file, options)).toEqual(metadata);
    world.compareStates();
  }),
);
