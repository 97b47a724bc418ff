import type { CommonOptions } from './common-options.js';
import type { Values } from './hyperparameters.js';
import type { AnyRule } from './rule.js';
import { hasMasterCopy } from './storage.js';
import type { DataType, MemoryType } from './tensor.js';

interface CommonState {
  readonly name: 'masterCopy' | 'gradientSum' | 'parameterAverage' | 'distanceSample';
  /** Its type for a parameter of this type. */
  type(type: DataType): MemoryType;
  /** Whether it may be there without being needed: it was before. */
  readonly stays: boolean;
  /** Whether it is needed with these hyperparameters, and where so many calls are summed already. */
  needed(
    type: DataType,
    h: Values<CommonOptions>,
    accumulatedCalls: number,
    rule: AnyRule,
  ): boolean;
}

/** Of the type in which a parameter of this type is updated. */
const wide = (type: DataType): MemoryType => (type === 'float64' ? 'float64' : 'float32');

/** The states that belong to no rule, in the order of native/isa/isa.h. They come after those of the rule. */
export const commonStates: readonly CommonState[] = [
  {
    name: 'masterCopy',
    type: wide,
    stays: false,
    needed: hasMasterCopy,
  },
  {
    name: 'gradientSum',
    type: wide,
    stays: true,
    needed: (_, h, accumulatedCalls) => h.accumulationSteps > 1 || accumulatedCalls > 0,
  },
  { name: 'parameterAverage', type: wide, stays: true, needed: (_, h) => h.averageDecay !== 0 },
  {
    name: 'distanceSample',
    type: wide,
    stays: false,
    needed: (_type, _h, _calls, rule) => rule.estimatesDistance === true,
  },
];
