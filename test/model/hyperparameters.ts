import fc from 'fast-check';
import { expect } from 'vitest';
import { command } from './command.js';
import { expectThrows } from './errors.js';
import { endsLike } from './world.js';

export const setRate = fc.constantFrom(1e-9, 1e-3, 0.5).map((rate) =>
  command(`learningRate = ${rate}`, ({ optimizer, twin, loading }) => {
    const set = () => {
      optimizer.learningRate = rate;
    };
    expectThrows(set, loading ? 'ERR_OPTIMIZER_BUSY' : undefined);
    if (!loading) twin.learningRate = rate;
  }),
);

export const setBadRate = fc.constantFrom(-1, Number.NaN, '1', null).map((rate) =>
  command(`learningRate = ${rate}`, ({ optimizer, loading }) => {
    const before = optimizer.learningRate;
    const code = loading ? 'ERR_OPTIMIZER_BUSY' : 'ERR_INVALID_OPTION';
    expectThrows(() => {
      optimizer.learningRate = rate as number;
    }, code);
    expect(optimizer.learningRate).toBe(before);
  }),
);

/** A hyperparameter that needs a state which may not be there yet. */
export const setState = fc.constant(
  command('a hyperparameter that needs a state', (world) => {
    const known = [
      ['momentum', 0.5, 'momentumBuffer'],
      ['amsgrad', true, 'maxSquareAverage'],
    ] as const;
    const found = known.find(([name]) => name in world.twin);
    if (!found) return; // all of the rule's states are always there
    const [name, value, state] = found;
    const tensors = world.twin.stateDict().groups.flatMap((group) => group.tensors);
    const isNew = tensors.some((tensor) => !Object.hasOwn(tensor.state, state));
    const busy = world.loading || (isNew && world.pending.length > 0);
    const set = (optimizer: unknown) => {
      (optimizer as Record<string, unknown>)[name] = value;
    };
    expectThrows(() => set(world.optimizer), busy ? 'ERR_OPTIMIZER_BUSY' : undefined);
    if (!busy) set(world.twin);
  }),
);

export const freeze = fc
  .constantFrom([], ['*'], ['*0'], ['*1'], ['*2', '*3'], ['*nothing'])
  .map((patterns) =>
    command(`frozen = [${patterns}]`, ({ optimizer, twin, loading }) => {
      const names = twin.groups.flatMap(({ params }) => params);
      const matches = patterns.every((own) => names.some((name) => endsLike(name, own)));
      const code = loading ? 'ERR_OPTIMIZER_BUSY' : matches ? undefined : 'ERR_NO_MATCH';
      const set = (target: object) => Object.assign(target, { frozen: patterns });
      expectThrows(() => set(optimizer), code);
      if (!code) set(twin);
    }),
  );
