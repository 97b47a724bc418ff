import type { Binding, Description, IsaName, StageDescription } from '../binding.js';
import { loadBinary } from './binary.js';
import { commonStates } from './common-states.js';
import type { Engine } from './engine.js';
import { gradient } from './gradient.js';
import { parameter } from './parameter.js';
import type { Parameter } from './params.js';
import { rowWidth } from './rows.js';
import type { AnyRule, Stage } from './rule.js';
import { commonSlots } from './state.js';
import { lengthOf, numberOfType } from './tensor.js';
import { transformation } from './transformation.js';

export interface Native {
  readonly binding: Binding;
  readonly description: Description;
  readonly engine: Engine;
  /** Sets what is given, for the process, and leaves the rest as it is. */
  configure(configuration: { threads?: number | undefined; isa?: IsaName | undefined }): void;
}

/**
 * Loads the kernel.
 *
 * The threads of the OpenMP library spin for a while after each step, by default long enough to burn a core. They read
 * this variable when the library is loaded: 20000 turns keep them awake between the steps of a loop, and no longer.
 *
 * @throws Error that says what was tried, and what can be done
 */
export function loadNative(): Native {
  const { GOMP_SPINCOUNT } = process.env;
  process.env.GOMP_SPINCOUNT ??= '20000';
  let binding: Binding;
  try {
    binding = loadBinary();
  } finally {
    if (GOMP_SPINCOUNT === undefined) delete process.env.GOMP_SPINCOUNT;
  }
  const description = binding.describe();
  return {
    binding,
    description,
    engine: createEngine(binding, description),
    configure({ threads, isa }) {
      const now = binding.describe();
      binding.configure(isa ?? now.isa, threads ?? now.threads);
    },
  };
}

/** The number of a rule. A binary that lists other names than lib/ was built from other sources. */
function findRule(rule: AnyRule, description: Description): number {
  const { rules } = description;
  const number = rules.findIndex(({ name }) => name === rule.kernel);
  const native = rules[number];
  const same =
    isSame(transformation as Stage<object>, description.transformation) &&
    isSame(gradient as Stage<object>, description.gradient) &&
    isSame(parameter as Stage<object>, description.parameter) &&
    `${commonStates.map(({ name }) => name)}` === `${description.commonStates}` &&
    isSame(rule, native) &&
    `${rule.state.map(({ name }) => name)}` === `${native?.state}` &&
    `${rule.state.map(({ signed }) => signed === true)}` === `${native?.signed}`;
  if (!same) {
    throw new Error(
      `The native module was built from other sources than its ${rule.name}: build it again`,
    );
  }
  return number;
}

function isSame(stage: Stage<object>, native: StageDescription | undefined): boolean {
  return (
    `${native?.scalars}` === `${stage.scalars}` && `${native?.switches}` === `${stage.switches}`
  );
}

function createEngine(binding: Binding, description: Description): Engine {
  return {
    createPlan({
      rule,
      parameters,
      slots,
      arena,
      rows,
      rowOf,
      step: { request, norms, reports, squares, sums, samples, distances, multipliers },
    }) {
      const number = findRule(rule, description);
      const layout = parameters.flatMap(({ type, dtype, length, firstBlock, spacing }, i) => {
        const states = rule.state.map((_, k) => slots[i]?.[k]);
        const stateType = states.find((slot) => slot)?.type;
        return [
          numberOfType(type),
          dtype === type ? 1 : 0,
          numberOfType(stateType ?? (type === 'float64' ? type : 'float32')),
          length,
          firstBlock,
          spacing,
          ...commonSlots(rule, slots[i]).map((slot) => slot?.offset ?? -1),
          ...Array.from({ length: description.maxStates }, (_, k) => states[k]?.offset ?? -1),
        ];
      });
      const plan = binding.createPlan(
        number,
        parameters.map(({ tensor }) => tensor),
        Float64Array.from(layout),
        arena,
        rows,
        rowWidth(rule),
        rowOf,
        request,
        norms,
        reports,
        squares,
        sums,
        samples,
        distances,
        multipliers,
      );
      if (plan === null) return undefined;
      const intact = (from: number, to: number) => {
        for (let i = from; i < to; i++) {
          const { tensor, length } = parameters[i] as Parameter;
          if (lengthOf(tensor) !== length) return false;
        }
        return true;
      };
      const step = (gradients: readonly unknown[]) =>
        intact(0, parameters.length) && binding.step(plan, ...gradients);
      const stepTensor = (i: number, gradient: unknown, from: number, to: number) =>
        intact(i, i + 1) && binding.stepTensor(plan, i, gradient, from, to);
      const stepRows = (i: number, rows: unknown, gradients: unknown) =>
        intact(i, i + 1) && binding.stepRows(plan, i, rows, gradients);
      if (!description.asynchronous) return { step, stepTensor, stepRows };

      let held = 0; // so many parameters
      return {
        step,
        stepTensor,
        stepRows,
        inBackground: {
          hold(gradients, from, to) {
            if (held < to) {
              const tensors = parameters.slice(held, to).map(({ tensor }) => tensor);
              if (!binding.holdParameters(plan, held, ...tensors)) return false;
              held = to;
            }
            return (
              intact(from, to) && binding.holdGradients(plan, from, ...gradients.slice(from, to))
            );
          },
          letGo: () => binding.letGo(plan),
          start: (done) => binding.start(plan, done),
          cancel: () => binding.cancel(plan),
        },
      };
    },
  };
}
