import type { TopLevelSpec } from 'vega-lite';
import { style, toSvg } from '../../examples/svg.mts';
import { type Measured, undisturbed } from '../scaling/measured.mts';
import { type Computer, type RuleCost, stepTime } from '../scaling/model.mts';
import type { Check } from '../scaling/report.mts';
import { coreCounts, paperSizes, type Server } from '../scaling/servers.mts';
import { significant } from '../table.mts';

/** Predicted points of a line in each power of ten. */
const DENSITY = 50;

/** The colour of this machine. */
const HERE = '#d55e00';

/** A server on paper by its number of cores, and this machine, on paper and measured. */
export async function drawScaling(
  cost: RuleCost,
  server: Server,
  { computer, threads: all }: Measured,
  checks: readonly Check[],
  caption: string,
): Promise<string> {
  const measured = checks.filter(({ rule, tensors }) => rule === cost.rule && tensors === 1);
  const [least, most] = [paperSizes[0], paperSizes[paperSizes.length - 1]];
  const lines = coreCounts.flatMap((cores) =>
    curve(cost, server, cores, [least, most]).map((point) => ({ ...point, cores: `${cores}` })),
  );
  const here = [...new Set([1, all])].flatMap((threads) =>
    curve(cost, computer, threads, extent(measured.map(({ elements }) => elements))).map(
      (point) => ({ ...point, threads: threadsText(threads) }),
    ),
  );
  const points = measured.map(({ elements, threads, time }) => ({
    elements,
    seconds: undisturbed(time) / 1e9,
    threads: threadsText(threads),
  }));

  const x = {
    field: 'elements',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [least, most], nice: false },
    axis: {
      title: 'parameters',
      values: paperSizes,
      labelExpr: "'10' + ['⁵', '⁶', '⁷', '⁸', '⁹', '¹⁰'][round(log(datum.value) / LN10) - 5]",
    },
  };
  const y = {
    field: 'seconds',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, nice: false },
    axis: {
      title: null,
      values: [-5, -4, -3, -2, -1, 0, 1].map((exponent) => 10 ** exponent),
      labelExpr: "format(datum.value, '~s') + 's'",
    },
  };
  const specification: TopLevelSpec = {
    background: 'white',
    padding: 12,
    title: {
      text: `Time of a step of ${cost.rule.name}, on paper`,
      subtitle: [
        `Lines: predicted for ${server.name} (${significant(server.memory.all)} GB/s sustained), by cores.`,
        'Marks: measured on this machine; dashed: predicted for it.',
        caption,
      ],
      subtitleFontSize: 12,
      subtitleColor: '#555',
    },
    width: 640,
    height: 420,
    layer: [
      {
        data: { values: lines },
        mark: { type: 'line', strokeWidth: 1.5 },
        encoding: {
          x,
          y,
          color: {
            field: 'cores',
            scale: { domain: coreCounts.map(String), scheme: 'viridis' },
            legend: { title: 'cores', symbolType: 'stroke', symbolStrokeWidth: 3 },
          },
        },
      },
      {
        data: { values: here },
        mark: { type: 'line', strokeWidth: 1.5, strokeDash: [4, 3], color: HERE },
        encoding: { x, y, detail: { field: 'threads' } },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 70, opacity: 1, color: HERE },
        encoding: {
          x,
          y,
          shape: {
            field: 'threads',
            scale: { range: ['circle', 'triangle-up'] },
            legend: { title: 'measured' },
          },
        },
      },
    ],
    config: style,
  };
  return toSvg(specification);
}

function curve(
  cost: RuleCost,
  computer: Computer,
  cores: number,
  [least, most]: readonly [number, number],
) {
  const steps = Math.round(DENSITY * Math.log10(most / least));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const elements = least * (most / least) ** (i / steps);
    const seconds = stepTime(cost, computer, { elements, tensors: 1 }, cores) / 1e9;
    return { elements, seconds };
  });
}

function extent(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function threadsText(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}
