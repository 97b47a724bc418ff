import fc from 'fast-check';
import type { Isa } from '../../lib/index.js';
import { nativeIsas } from '../engines.js';
import { command } from './command.js';
import { expectThrows } from './errors.js';
import { collectYoungGarbage, memories } from './world.js';

export const wait = fc.constant(command('wait', (world) => world.settle()));

export const engine = fc
  .record({
    isa: fc.constantFrom<Isa>(...nativeIsas, 'typescript'),
    threads: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ isa, threads }) =>
    command(`configure(${isa}, ${threads})`, (world) => {
      world.isa = isa;
      world.threads = threads;
      world.useEngine();
    }),
  );

/** Another group, in the middle of whatever. */
export const addGroup = fc
  .record({ length: fc.nat(300), kind: fc.constantFrom(...memories) })
  .map((given) =>
    command(`addGroup(${JSON.stringify(given)})`, (world) => {
      if (world.params.length >= 8) return;
      const busy = world.pending.length > 0 && 'ERR_OPTIMIZER_BUSY';
      const shapeless = world.plan.shape !== 'groups' && 'ERR_INVALID_PARAMS';
      const code = busy || shapeless || world.broken;
      expectThrows(() => world.addGroup(given.length, given.kind), code);
    }),
  );

export const renew = fc.constant(
  command('renew', async (world) => {
    await world.settle();
    world.renew();
  }),
);

export const abandon = fc.constant(
  command('abandon the optimizer in the middle of a step', async (world) => {
    if (world.broken) return;
    await world.settle();
    if (!world.kinds.includes('resizable')) {
      const unused = world.create(world.tensors());
      unused.stepAsync(world.shaped(world.tensors()) as never);
    }
    world.renew();
    collectYoungGarbage();
  }),
);
