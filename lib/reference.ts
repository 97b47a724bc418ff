import type { Arithmetic } from './arithmetic/arithmetic.js';
import { float32 } from './arithmetic/float32.js';
import { float64 } from './arithmetic/float64.js';
import { memoryFault } from './check.js';
import type { Engine, PlanRequest } from './engine.js';
import { gradient } from './gradient.js';
import { createSettings, readRow, rowWidth, type Settings } from './rows.js';
import type { AnyRule, Element, Stage } from './rule.js';
import { arrayTypes, type Tensor } from './tensor.js';

const arithmetics = { float32, float64 };

/** The engine in plain TypeScript: the specification of the kernel, and what runs where no binary does. */
export const referenceEngine: Engine = {
  createPlan(request) {
    const { rule, parameters, rows, rowOf } = request;
    const stages = [createSettings(gradient as Stage<object>), createSettings(rule)];
    return (gradients) => {
      if (memoryFault(parameters, gradients)) return false;
      for (const [i, { type, tensor, length }] of parameters.entries()) {
        const row = rowOf[i] as number;
        if (row < 0) continue;
        const arithmetic = arithmetics[type];
        readRow(rule, rows, row * rowWidth(rule), arithmetic.round, stages);
        const g = gradients[i] as Tensor;
        updateTensor(rule, length, tensor, g, streams(request, i), stages, arithmetic);
      }
      return true;
    };
  },
};

interface Stream {
  name: string;
  values: Tensor;
}

/** The states of one tensor that have memory. */
function streams({ rule, parameters, offsets, arena }: PlanRequest, i: number): Stream[] {
  const { type, length } = parameters[i] as PlanRequest['parameters'][number];
  const list: Stream[] = [];
  for (const [k, { name }] of rule.state.entries()) {
    const offset = offsets[i]?.[k];
    if (offset === undefined) continue;
    const values = new arrayTypes[type](arena, offset, length);
    list.push({ name, values });
  }
  return list;
}

/** The one loop: load, update, store. */
function updateTensor(
  rule: AnyRule,
  length: number,
  p: Tensor,
  g: Tensor,
  states: readonly Stream[],
  stages: readonly Settings[],
  arithmetic: Arithmetic,
) {
  const [before, own] = stages as [Settings, Settings];
  const x: Element<string> = { p: 0, g: 0 } as Element<string>;
  for (const { name } of rule.state) x[name] = 0;
  for (let i = 0; i < length; i++) {
    x.p = p[i] as number;
    x.g = g[i] as number;
    for (const { name, values } of states) x[name] = values[i] as number;
    gradient.update(x as Element<never>, before.c as never, before.on as never, arithmetic);
    rule.update(x, own.c, own.on, arithmetic);
    p[i] = x.p;
    for (const { name, values } of states) values[i] = x[name] as number;
  }
}
