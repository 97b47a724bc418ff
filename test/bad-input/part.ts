import { expect } from 'vitest';
import { configure, type Isa } from '../../lib/index.js';
import { expectFailure, type Failure, type Params, trained } from './failure.js';

export type Optimizer = ReturnType<typeof trained>['optimizer'];

/** A call of one tensor's part of a step that must throw. */
export interface BadPart extends Omit<Failure, 'run'> {
  run: (optimizer: Optimizer, params: Params) => unknown;
}

/** It does, and nothing has changed: neither as the first call of a step nor in one that has begun, which goes on. */
export function expectBadPart(isa: Isa, { run, ...expected }: BadPart) {
  configure({ isa });
  const { params, optimizer } = trained();
  const twin = trained();
  const weights = params.weights.slice();
  expectFailure({ ...expected, run: () => run(optimizer, params) });
  expect(params.weights).toEqual(weights);
  expect(optimizer.stateDict()).toEqual(twin.optimizer.stateDict()); // no step has begun

  // In a step that has begun.
  optimizer.stepTensor(expected.says.includes('bias') ? 'weights' : 'bias', null);
  expectFailure({ ...expected, run: () => run(optimizer, params) });
  optimizer.stepTensor(expected.says.includes('bias') ? 'bias' : 'weights', null);
  optimizer.endStep();
  twin.optimizer.step({ weights: null, bias: null });
  expect(params.weights).toEqual(weights);
  expect(optimizer.stateDict()).toEqual(twin.optimizer.stateDict());
}
