import type { Arithmetic } from './arithmetic/arithmetic.js';
import { float32 } from './arithmetic/float32.js';
import { float64 } from './arithmetic/float64.js';
import { memoryFault, partFault } from './check.js';
import { createCursor } from './cursor.js';
import { DISTANCE_NUMBERS, estimateDistance } from './distance.js';
import type { Engine, PlanRequest } from './engine.js';
import { findNorms } from './find-norms.js';
import { gradient } from './gradient.js';
import { chunksOf, SumsOfSquares } from './norms.js';
import { parameter } from './parameter.js';
import type { Parameter } from './params.js';
import { REPORT_WIDTH, storedNumbers, writeReport } from './report.js';
import { createSettings, readRow, rowWidth, type Settings, stagesOf } from './rows.js';
import type { AnyRule, Element } from './rule.js';
import { distanceSampleLength, isSampled, SAMPLE_SUMS, sampleOf, writeSizes } from './samples.js';
import { pickRows, rowsFault, sumRows } from './sparse-rows.js';
import { Phase, Request } from './step-memory.js';
import { createStreams, type Stream, type Streams } from './streams.js';
import { lengthOf, memoryOf, type Tensor } from './tensor.js';
import { accumulate, measured, transformation } from './transformation.js';

/** Those of the stages, in their order. */
type AllSettings = [Settings, Settings, Settings, Settings];

/** The engine in plain TypeScript: the specification of the kernel, and what runs where no binary does. */
export const referenceEngine: Engine = {
  createPlan(request) {
    const { rule, parameters, slots, step } = request;
    const settings = stagesOf(rule).map(createSettings) as AllSettings;
    const wants = (what: number) => step.request[what] === 1;
    const run = (request: PlanRequest, part: Part) => {
      const { parameters } = request;
      const count = (i: number) => chunksOf((parameters[i] as Parameter).length);
      if (wants(Request.MEASURES)) {
        const phase = step.request[Request.PHASE];
        if (phase !== Phase.AFTER_NORMS) sumSquares(request, part, settings);
        if (phase === Phase.ONLY_SUMS) return;
        if (phase === Phase.WHOLE) findNorms(request, { ...step, count }, part.first, part.end);
        if (wants(Request.REFUSES) && Number.isNaN(step.norms[0])) {
          if (wants(Request.ZEROES_REFUSED)) {
            eachTensor(request, part, settings, ({ zeroGradient }) => zeroGradient());
          }
          return;
        }
      }
      eachTensor(request, part, settings, (streams, arithmetic, i, range) => {
        const parameter = parameters[i] as Parameter;
        const update = () => {
          settings[0].c.multiplier = arithmetic.round(step.multipliers[i] as number);
          if (!wants(Request.SAMPLES)) {
            updateTensor(rule, range, streams, settings, arithmetic);
            return;
          }
          const { from, to } = range;
          const { spacing } = parameter;
          const chunk = (step.firstChunks[i] as number) + chunksOf(from);
          const sums = step.samples.subarray(SAMPLE_SUMS * chunk);
          const sample = { before: sampleOf(parameter, from, to), spacing, sums };
          if (streams.distanceSample) {
            const gradient = sampledGradient(range, spacing, streams, settings[0], arithmetic);
            const kept = streams.distanceSample.subarray(
              distanceSampleLength({ length: from, spacing }),
            );
            const numbers = step.distances.subarray(
              DISTANCE_NUMBERS * i,
              DISTANCE_NUMBERS * (i + 1),
            );
            estimateDistance(gradient, sample, kept, numbers, arithmetic);
          }
          updateTensor(rule, range, streams, settings, arithmetic);
          writeSizes(sample, sampleOf(parameter, from, to));
        };
        if (wants(Request.ACCUMULATES)) {
          accumulateTensor(range, streams, settings[0], arithmetic);
        } else if (wants(Request.REPORTS)) {
          const gradient = new Float64Array(parameter.length);
          eachGradient(range, streams, settings[0], arithmetic, (g, k) => {
            gradient[k] = g;
          });
          const before = storedNumbers(parameter);
          update();
          const to = step.reports.subarray(i * REPORT_WIDTH);
          writeReport(gradient, before, storedNumbers(parameter), to);
        } else {
          update();
        }
        if (wants(Request.ZEROES)) streams.zeroGradient();
      });
    };
    return {
      step(gradients) {
        if (memoryFault(parameters, gradients, wants(Request.ZEROES))) return false;
        run(request, { first: 0, end: parameters.length, gradients, range: undefined });
        return true;
      },
      stepTensor(i, gradient, from, to) {
        if (partFault(parameters, i, gradient)) return false;
        run(request, { first: i, end: i + 1, gradients: [gradient], range: { from, to } });
        return true;
      },
      stepRows(i, given, gradients) {
        const parameter = parameters[i] as Parameter;
        if (rowsFault(rule, parameters, slots, i, given, gradients)) return false;
        const { rows, gradient } = sumRows(given, gradients as Tensor, parameter);
        if (rows.length === 0) return true;
        const width = lengthOf(gradients as Tensor) / given.length;
        const picked = pickRows(request, i, rows, width);
        run(picked.request, { first: i, end: i + 1, gradients: [gradient], range: undefined });
        picked.putBack();
        if (wants(Request.ZEROES) && request.rowOf[i] !== -1) {
          memoryOf(gradients as Tensor, parameter.type).fill(0);
        }
        return true;
      },
    };
  },
};

/** The tensors that are looked at, from the first number to the one before `end`, and their gradients. */
interface Part {
  readonly first: number;
  readonly end: number;
  readonly gradients: readonly unknown[];
  /** The elements of the one tensor that are looked at; undefined for all. */
  readonly range: Range | undefined;
}

/** Elements of a tensor, from the one number to the one before `to`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** All tensors of a part that the step does not skip, one after the other, with their settings. */
function eachTensor(
  request: PlanRequest,
  { first, end, gradients, range }: Part,
  settings: readonly Settings[],
  use: (streams: Streams, arithmetic: Arithmetic, i: number, range: Range) => void,
) {
  const { rule, parameters, rows, rowOf } = request;
  for (let i = first; i < end; i++) {
    const { type, length } = parameters[i] as Parameter;
    const row = rowOf[i] as number;
    if (row < 0 || length === 0) continue; // a tensor without numbers may have no memory either
    const arithmetic = type === 'float64' ? float64 : float32;
    const key = readRow(rule, rows, row * rowWidth(rule), arithmetic.round, settings);
    const streams = createStreams(request, i, gradients[i - first] as Tensor, key);
    use(streams, arithmetic, i, range ?? { from: 0, to: length });
  }
}

/** Writes the sums of the squares of each chunk. */
function sumSquares(request: PlanRequest, part: Part, settings: AllSettings) {
  const { step } = request;
  eachTensor(request, part, settings, (streams, arithmetic, i, range) => {
    const squares = new SumsOfSquares(
      step.sums,
      (step.firstChunks[i] as number) + chunksOf(range.from),
    );
    eachGradient(range, streams, settings[0], arithmetic, (g) => squares.add(g));
    squares.end();
  });
}

/** Gives every number of a tensor's gradient as it is before norms clip it. */
function eachGradient(
  { from, to }: Range,
  { gradient: ofLoss, states }: Streams,
  { c, on }: Settings,
  arithmetic: Arithmetic,
  use: (g: number, i: number) => void,
) {
  const sum = on.accumulated ? find(states, 'gradientSum') : undefined;
  const x = { p: 0, g: 0, gradientSum: 0 } as Element<'gradientSum'>;
  for (let begin = from; begin < to; begin += ofLoss.blockLength) {
    const end = Math.min(begin + ofLoss.blockLength, to);
    ofLoss.open(begin, end);
    sum?.open(begin, end);
    for (let i = 0; i < end - begin; i++) {
      x.g = ofLoss.values[i] as number;
      if (sum) x.gradientSum = sum.values[i] as number;
      use(measured(x, c as never, on as never, arithmetic), begin + i);
    }
  }
}

/** What the rule gets of a gradient, as far as it belongs to the sample. */
function sampledGradient(
  range: Range,
  spacing: number,
  streams: Streams,
  settings: Settings,
  arithmetic: Arithmetic,
): Float64Array {
  const { c, on } = settings;
  const sample: number[] = [];
  eachGradient(range, streams, settings, arithmetic, (g, i) => {
    if (!isSampled(i, spacing)) return;
    sample.push(on.clippedByNorm ? arithmetic.mul(g, c.multiplier as number) : g);
  });
  return Float64Array.from(sample);
}

function find(states: readonly Stream[], name: string): Stream | undefined {
  return states.find((stream) => stream.name === name);
}

/** Adds a gradient to the sum of those before. */
function accumulateTensor(
  { from, to }: Range,
  { gradient: ofLoss, states, block }: Streams,
  { c, on }: Settings,
  arithmetic: Arithmetic,
) {
  const sum = find(states, 'gradientSum') as Stream;
  const x = { p: 0, g: 0, gradientSum: 0 } as Element<'gradientSum'>;
  for (let begin = from; begin < to; begin += block) {
    const end = Math.min(begin + block, to);
    for (const stream of [ofLoss, sum]) stream.open(begin, end);
    for (let i = 0; i < end - begin; i++) {
      x.g = ofLoss.values[i] as number;
      x.gradientSum = sum.values[i] as number;
      sum.values[i] = accumulate(x, c as never, on as never, arithmetic);
    }
    sum.close(begin, end);
  }
}

/** The one loop: load, update, store; then, with what was stored, what comes after the rule. */
function updateTensor(
  rule: AnyRule,
  { from, to }: Range,
  { parameter: p, gradient: ofLoss, states, block, nearest }: Streams,
  settings: AllSettings,
  arithmetic: Arithmetic,
) {
  const after = settings[3];
  const average = find(states, 'parameterAverage');
  const written = [p, ...states];
  const swept = [ofLoss, ...written];
  const finished = average ? [nearest, average] : [nearest];
  for (let begin = from; begin < to; begin += block) {
    const end = Math.min(begin + block, to);
    for (const stream of swept) stream.open(begin, end);
    updateBlock(rule, end - begin, ofLoss.values, written, settings, arithmetic);
    for (const stream of swept) stream.close(begin, end);
    if (!after.on.bounded && !after.on.averaged) continue;
    for (const stream of finished) stream.open(begin, end);
    finishBlock(end - begin, finished, after, arithmetic);
    for (const stream of finished) stream.close(begin, end);
  }
}

function updateBlock(
  rule: AnyRule,
  length: number,
  g: Float32Array | Float64Array,
  streams: readonly Stream[],
  [first, before, own]: AllSettings,
  arithmetic: Arithmetic,
) {
  const isTransformed = Object.values(first.on).includes(true);
  const isChangedBefore = Object.values(before.on).includes(true);
  const x = createCursor(streams);
  for (let i = 0; i < length; i++) {
    x.at = i;
    x.g = g[i] as number;
    if (isTransformed) {
      const { c, on } = first;
      transformation.update(x as never, c as never, on as never, arithmetic);
    }
    if (isChangedBefore) gradient.update(x, before.c as never, before.on as never, arithmetic);
    rule.update(x, own.c, own.on, arithmetic);
  }
}

function finishBlock(
  length: number,
  streams: readonly Stream[],
  { c, on }: Settings,
  arithmetic: Arithmetic,
) {
  const x = createCursor(streams);
  for (let i = 0; i < length; i++) {
    x.at = i;
    parameter.update(x as never, c as never, on as never, arithmetic);
  }
}
