import type fc from 'fast-check';
import type { World } from './world.js';

export type Command = fc.AsyncCommand<object, World>;

/** How many commands have been run in this process. */
export const count = { commands: 0 };

export function command(name: string, run: (world: World) => unknown): Command {
  return {
    check: () => true,
    async run(_, world) {
      count.commands++;
      await run(world);
      if (world.pending.length === 0 && !world.broken) world.compare();
    },
    toString: () => name,
  };
}
