import { type Hyperparameter, readOptions, type Specification } from '../hyperparameters.js';
import { linearTicks, logarithmicTicks, type Tick, threeDigits } from './axis.js';
import type { LearningRateCurve } from './curve.js';
import { element, escapeText, hundredths } from './markup.js';

/** Words of the chart. */
export interface ChartOptions {
  /** Stands above the chart. Default: 'Learning-rate range test'. */
  title?: string | undefined;
}

const title: Hyperparameter<string> = {
  default: 'Learning-rate range test',
  expected: 'a string',
  type: 'string',
  accepts: () => true,
};
const specification: Specification<ChartOptions> = { title };

const [WIDTH, HEIGHT] = [640, 400];
const plot = { x: 72, y: 76, width: 544, height: 264 };

/** In the middle between black and white, or far enough from both: readable on either. */
const TEXT = '#767676';
const CURVE = '#0c7bdc';
const MARK = '#d55e00';
const grid = { stroke: TEXT, 'stroke-opacity': 0.25 };

/** Beyond this, sums of a few losses are infinite. Nothing so large is drawn. */
const LARGEST = 1e300;

/** The chart of a curve: the logarithm of the rate to the right, the loss upwards. */
export function drawChart(curve: LearningRateCurve, options: unknown): string {
  const { title } = readOptions(specification, options, 'options');
  const { rates, losses, smoothedLosses, suggestion } = curve;
  const [x, y] = [rateAxis(rates), lossAxis(curve)];
  const line = (values: Float64Array, style: Record<string, string | number>) =>
    element('path', {
      d: pathOf(values, (i) => x.place(rates[i] as number), y.place),
      fill: 'none',
      stroke: CURVE,
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
      ...style,
    });
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      width: WIDTH,
      height: HEIGHT,
      role: 'img',
      'font-family': 'system-ui, sans-serif',
      'font-size': 12,
      fill: TEXT,
    },
    element('title', {}, escapeText(title)),
    element('desc', {}, escapeText(describeCurve(curve))),
    label(title, { x: plot.x, y: 26, 'font-size': 14, 'font-weight': 600 }),
    element('line', { x1: 72, y1: 48, x2: 96, y2: 48, stroke: CURVE, 'stroke-width': 2 }),
    label('smoothed loss', { x: 102, y: 52 }),
    element('line', { x1: 204, y1: 48, x2: 228, y2: 48, stroke: CURVE, 'stroke-opacity': 0.55 }),
    label('loss of each batch', { x: 234, y: 52 }),
    ...x.ticks.map(({ value, label: text }) => {
      const at = x.place(value);
      const rule = { x1: at, y1: plot.y, x2: at, y2: plot.y + plot.height, ...grid };
      const name = { x: at, y: plot.y + plot.height + 18, 'text-anchor': 'middle' };
      return element('line', rule) + label(text, name);
    }),
    ...y.ticks.map(({ value, label: text }) => {
      const at = y.place(value);
      const rule = { x1: plot.x, y1: at, x2: plot.x + plot.width, y2: at, ...grid };
      return (
        element('line', rule) + label(text, { x: plot.x - 8, y: at + 4, 'text-anchor': 'end' })
      );
    }),
    label('learning rate', {
      x: plot.x + plot.width / 2,
      y: HEIGHT - 18,
      'text-anchor': 'middle',
    }),
    // An element of its own hides what is outside, without a name that could be another's on the same page.
    element(
      'svg',
      { ...plot, viewBox: `${plot.x} ${plot.y} ${plot.width} ${plot.height}` },
      line(losses, { 'stroke-opacity': 0.55 }),
      line(smoothedLosses, { 'stroke-width': 2 }),
    ),
    suggestion === undefined ? '' : markSuggestion(suggestion, x.place(suggestion)),
  );
}

function label(text: string, attributes: Record<string, string | number>) {
  return element('text', attributes, escapeText(text));
}

/** A line at the suggestion, with its name on the side that has more room. */
function markSuggestion(rate: number, x: number) {
  const isLeft = x < plot.x + plot.width / 2;
  const style = { stroke: MARK, 'stroke-width': 1.5, 'stroke-dasharray': '5 3' };
  return (
    element('line', { x1: x, y1: plot.y, x2: x, y2: plot.y + plot.height, ...style }) +
    label(`suggestion: ${threeDigits(rate)}`, {
      x: isLeft ? x + 6 : x - 6,
      y: plot.y - 6,
      'text-anchor': isLeft ? 'start' : 'end',
      'font-weight': 600,
    })
  );
}

interface Axis {
  place(value: number): number;
  readonly ticks: readonly Tick[];
}

function rateAxis(rates: Float64Array): Axis {
  const [low, high] = [rates[0] as number, rates.at(-1) as number];
  const [start, width] = [Math.log(low), Math.log(high) - Math.log(low)];
  // One rate alone stands in the middle.
  const share = (rate: number) => (width > 0 ? (Math.log(rate) - start) / width : 0.5);
  const place = (rate: number) => plot.x + plot.width * share(rate);
  const ticks = logarithmicTicks(low, high);
  return { place, ticks: ticks.length > 1 ? ticks : endsOf(low, high) };
}

function endsOf(low: number, high: number): Tick[] {
  const ends = low === high ? [low] : [low, high];
  const label = threeDigits(low) === threeDigits(high) ? String : threeDigits;
  return ends.map((value) => ({ value, label: label(value) }));
}

function lossAxis({ rates, losses, smoothedLosses, ...curve }: LearningRateCurve): Axis {
  let [low, high] = extent([...losses, ...smoothedLosses]) ?? [0, 1];
  if (curve.suggestion !== undefined) {
    // The way down is what is worth looking at: of what is above and below there is as much again.
    const least = rates.indexOf(curve.rateAtMinimum as number);
    const [bottom, top] = extent([...smoothedLosses.subarray(0, least + 1)]) ?? [low, high];
    [low, high] = [Math.max(low, 2 * bottom - top), Math.min(high, 2 * top - bottom)];
  }
  const room = 0.04 * (high - low);
  [low, high] = [low - room, high + room];
  // Values that are all alike stand in the middle.
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low <= 1e-9 * size || high - low < 1e-290) {
    const apart = size > 1e-280 ? 0.1 * size : 1;
    [low, high] = [low - apart, high + apart];
  }
  // Far outside, a renderer's own numbers could be too small for a place.
  const inReach = (share: number) => Math.min(2, Math.max(-1, share));
  const place = (loss: number) => plot.y + plot.height * (1 - inReach((loss - low) / (high - low)));
  return { place, ticks: linearTicks(low, high) };
}

/** The least and the largest of the values that are drawn, if any are. */
function extent(values: readonly number[]): [number, number] | undefined {
  const drawn = values.filter(isDrawn);
  if (drawn.length === 0) return undefined;
  return [drawn.reduce((a, b) => Math.min(a, b)), drawn.reduce((a, b) => Math.max(a, b))];
}

function isDrawn(value: number): boolean {
  return Math.abs(value) < LARGEST;
}

/** A line through the points, with a gap where one is not drawn; of a point by itself, a dot. */
function pathOf(values: Float64Array, x: (i: number) => number, y: (value: number) => number) {
  let path = '';
  let pen = 'M';
  for (const [i, value] of values.entries()) {
    if (isDrawn(value)) path += `${pen}${hundredths(x(i))} ${hundredths(y(value))}`;
    if (isDrawn(value) && pen === 'M') path += 'h0';
    pen = isDrawn(value) ? 'L' : 'M';
  }
  return path;
}

const ends = {
  maximum: 'It ended at the highest rate.',
  diverged: 'It stopped where the loss exploded.',
  'not finite': 'It stopped where the loss was no finite number.',
} as const;

/** The chart for who cannot see it. */
function describeCurve({ rates, rateAtMinimum, suggestion, end }: LearningRateCurve): string {
  const range = `${threeDigits(rates[0] as number)} to ${threeDigits(rates.at(-1) as number)}`;
  const least = rateAtMinimum === undefined ? 'nowhere' : `at ${threeDigits(rateAtMinimum)}`;
  const advice = suggestion === undefined ? 'none' : threeDigits(suggestion);
  return `Loss over learning rates from ${range}. The smoothed loss is least ${least}. ${ends[end]} Suggestion: ${advice}.`;
}
