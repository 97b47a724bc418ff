import type { TopLevelSpec } from 'vega-lite';
import { style, toSvg } from './svg.mts';
import type { Run } from './training.mts';

/** Loss and accuracy after each epoch, side by side, as one SVG that needs nothing else. */
export function drawCharts(runs: Run[], target: number): Promise<string> {
  return toSvg(specification(runs, target));
}

function specification(runs: Run[], target: number): TopLevelSpec {
  const names = runs.map((run) => run.contender.name);
  const optimizer = {
    color: {
      field: 'optimizer',
      scale: { domain: names, range: runs.map((run) => run.contender.colour) },
      legend: {
        title: null,
        orient: 'bottom',
        columns: 4,
        symbolSize: 700,
        symbolStrokeWidth: 2.5,
      },
    },
    strokeDash: {
      field: 'optimizer',
      scale: { domain: names, range: runs.map((run) => run.contender.dash) },
    },
  } as const;
  const epoch = {
    field: 'epoch',
    type: 'quantitative',
    axis: { title: 'epoch', grid: false, tickCount: 6, tickMinStep: 1, format: 'd' },
  } as const;
  const line = { type: 'line', strokeWidth: 2, clip: true } as const;
  const size = { width: 400, height: 300 };

  return {
    background: 'white',
    padding: 12,
    data: {
      values: runs.flatMap((run) =>
        run.points.map((point, epoch) => ({ optimizer: run.contender.name, epoch, ...point })),
      ),
    },
    hconcat: [
      {
        ...size,
        title: 'Loss on the training data (logarithmic)',
        // A run that diverged has no place on a logarithmic axis.
        transform: [{ filter: 'isFinite(datum.loss) && datum.loss > 0' }],
        mark: line,
        encoding: {
          x: epoch,
          y: {
            field: 'loss',
            type: 'quantitative',
            scale: { type: 'log', nice: true },
            axis: { title: null, values: powersOfTen(runs), format: '~g' },
          },
          ...optimizer,
        },
      },
      {
        ...size,
        title: 'Accuracy on the test data',
        layer: [
          {
            mark: line,
            encoding: {
              x: epoch,
              y: {
                field: 'accuracy',
                type: 'quantitative',
                // The way up from guessing is the same for all; the difference is near the end.
                scale: { domain: accuracyDomain(runs, target), nice: false },
                axis: { title: null, format: '.0%', tickCount: 5 },
              },
              ...optimizer,
            },
          },
          {
            data: { values: [{ target }] },
            mark: { type: 'rule', strokeDash: [2, 4], stroke: '#555' },
            encoding: { y: { field: 'target', type: 'quantitative' } },
          },
        ],
      },
    ],
    config: style,
  };
}

/** Ticks for all losses; without them each tenth part of a power has a line of its own. */
function powersOfTen(runs: Run[]): number[] {
  const losses = runs
    .flatMap((run) => run.points.map((point) => point.loss))
    .filter((loss) => loss > 0 && loss < Number.POSITIVE_INFINITY);
  const least = Math.floor(Math.log10(Math.min(...losses)));
  const most = Math.ceil(Math.log10(Math.max(...losses)));
  return Array.from({ length: most - least + 1 }, (_, i) => Number(`1e${least + i}`));
}

/** From a little under the target to a little over the best, in steps of five per cent. */
function accuracyDomain(runs: Run[], target: number): [number, number] {
  const best = Math.max(...runs.flatMap((run) => run.points.map((point) => point.accuracy)));
  return [Math.round(100 * target - 5) / 100, Math.max(target, Math.ceil(20 * best) / 20)];
}
