import type { Arithmetic } from './arithmetic/arithmetic.js';
import { float32 } from './arithmetic/float32.js';
import { float64 } from './arithmetic/float64.js';
import { memoryFault } from './check.js';
import type { Engine } from './engine.js';
import { gradient } from './gradient.js';
import { createSettings, readRow, rowWidth, type Settings } from './rows.js';
import type { AnyRule, Element, Stage } from './rule.js';
import { createStreams, type Streams } from './streams.js';
import type { Tensor } from './tensor.js';

/** The engine in plain TypeScript: the specification of the kernel, and what runs where no binary does. */
export const referenceEngine: Engine = {
  createPlan(request) {
    const { rule, parameters, rows, rowOf } = request;
    const stages = [createSettings(gradient as Stage<object>), createSettings(rule)];
    return {
      step(gradients) {
        if (memoryFault(parameters, gradients)) return false;
        for (const [i, { type, length }] of parameters.entries()) {
          const row = rowOf[i] as number;
          if (row < 0 || length === 0) continue; // a tensor without numbers may have no memory either
          const arithmetic = type === 'float64' ? float64 : float32;
          const key = readRow(rule, rows, row * rowWidth(rule), arithmetic.round, stages);
          const streams = createStreams(request, i, gradients[i] as Tensor, key);
          updateTensor(rule, length, streams, stages, arithmetic);
        }
        return true;
      },
    };
  },
};

/** The one loop: load, update, store. */
function updateTensor(
  rule: AnyRule,
  length: number,
  { parameter, gradient: ofLoss, states, block }: Streams,
  stages: readonly Settings[],
  arithmetic: Arithmetic,
) {
  const all = [parameter, ofLoss, ...states];
  for (let begin = 0; begin < length; begin += block) {
    const end = Math.min(begin + block, length);
    for (const stream of all) stream.open(begin, end);
    updateBlock(rule, end - begin, parameter.values, ofLoss.values, states, stages, arithmetic);
    for (const stream of all) stream.close(begin, end);
  }
}

type Values = Float32Array | Float64Array;

function updateBlock(
  rule: AnyRule,
  length: number,
  p: Values,
  g: Values,
  states: readonly { name: string; values: Values }[],
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
