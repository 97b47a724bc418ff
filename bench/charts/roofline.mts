import type { TopLevelSpec } from 'vega-lite';
import { type Panel, style, toSvg } from '../../examples/svg.mts';
import type { Result } from '../results.mts';

/** Sizes of which the call itself takes most of the time are not about memory. */
const LEAST_ELEMENTS = 2 ** 14;

interface Point {
  readonly rule: string;
  readonly size: string;
  readonly bytes: number;
  /** Where the point stands: rules with the same bytes stand beside each other. */
  readonly x: number;
  readonly step: number;
  readonly limit: number;
}

/** Bytes per parameter and the bandwidth that a step reaches, under the roof of the limit loop. */
export async function drawRoofline(results: readonly Result[], caption: string): Promise<string> {
  const large = results.filter(({ shape }) => shape.count === 1 && shape.length >= LEAST_ELEMENTS);
  const threads = [...new Set(large.map((result) => result.threads))];
  const sizes = [...new Set(large.map(({ shape }) => shape.name))];
  const rules = [...new Set(large.map(({ name }) => name))];
  const panels = threads.map((count) =>
    panel(
      count === 1 ? 'One thread' : `${count} threads`,
      points(large.filter((result) => result.threads === count)),
      { sizes, rules, domain: domainOf(large) },
    ),
  );
  const specification: TopLevelSpec = {
    background: 'white',
    padding: 12,
    title: {
      text: 'Bandwidth of a step, under the roof of the limit loop',
      subtitle: [
        'Marks: steps. Lines: limit loops on the same memory with as many threads.',
        caption,
      ],
      subtitleFontSize: 12,
      subtitleColor: '#555',
    },
    hconcat: panels,
    config: style,
  };
  return toSvg(specification);
}

function points(results: readonly Result[]): Point[] {
  return results.map(({ rule, name, shape, bytes, step, limit }) => {
    const same = [...new Set(results.filter((r) => r.bytes === bytes).map((r) => r.rule))];
    const x = bytes + 1.6 * (same.indexOf(rule) - (same.length - 1) / 2);
    const of = (nanoseconds: number) => bytes / nanoseconds;
    return {
      rule: name,
      size: shape.name,
      bytes,
      x,
      step: of(step.median),
      limit: of(limit.median),
    };
  });
}

function panel(
  title: string,
  values: Point[],
  { sizes, rules, domain }: { sizes: string[]; rules: string[]; domain: number[] },
): Panel {
  const least = Math.min(...values.map((point) => point.x));
  const most = Math.max(...values.map((point) => point.x));
  const x = {
    type: 'quantitative' as const,
    scale: { domain: [least - 2, most + 2], nice: false },
    axis: {
      title: 'bytes per parameter',
      values: [...new Set(values.map(({ bytes }) => bytes))],
      grid: false,
      format: 'd',
    },
  };
  const y = {
    type: 'quantitative' as const,
    scale: { type: 'log' as const, nice: false, domain },
    axis: { title: 'GB/s', values: ticks(domain), format: 'd' },
  };
  const color = {
    field: 'size',
    scale: {
      domain: sizes,
      range: ['#56b4e9', '#0072b2', '#009e73', '#e69f00', '#d55e00', '#000'],
    },
    legend: { title: 'elements', symbolType: 'stroke', symbolStrokeWidth: 3 },
  };
  return {
    title,
    width: 380,
    height: 360,
    data: { values },
    layer: [
      {
        mark: { type: 'line', strokeWidth: 1.5 },
        encoding: {
          x: { ...x, field: 'bytes' },
          y: { ...y, field: 'limit', aggregate: 'mean' },
          color,
        },
      },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 1 },
        encoding: {
          x: { ...x, field: 'x' },
          y: { ...y, field: 'step' },
          color,
          shape: {
            field: 'rule',
            scale: {
              domain: rules,
              range: ['circle', 'square', 'triangle-up', 'diamond', 'cross'],
            },
            legend: { title: 'rule' },
          },
        },
      },
    ],
  };
}

/** The same in all panels. */
function domainOf(results: readonly Result[]): number[] {
  const all = points(results).flatMap(({ step, limit }) => [step, limit]);
  return [Math.min(...all) / 1.15, Math.max(...all) * 1.15];
}

function ticks([least, most]: number[]): number[] {
  const steps = [1, 2, 3, 5, 7].flatMap((digit) => [0, 1, 2, 3].map((e) => digit * 10 ** e));
  return steps.filter((tick) => tick >= least && tick <= most);
}
