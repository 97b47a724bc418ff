import type { TopLevelSpec } from 'vega-lite';
import { style } from '../../examples/svg.mts';
import type { Method } from './methods.mts';
import type { Task } from './task.mts';
import { type Curve, limitOf } from './width.mts';

/** For each task a curve of each method, and the loss that is still usable. */
export function chart(
  curves: readonly Curve[],
  tasks: readonly Task[],
  methods: readonly Method[],
): TopLevelSpec {
  const names = methods.map(({ name }) => name);
  const method = {
    color: {
      field: 'method',
      scale: { domain: names, range: methods.map(({ colour }) => colour) },
      legend: {
        title: null,
        orient: 'right',
        symbolType: 'stroke',
        symbolSize: 700,
        symbolStrokeWidth: 2.5,
      },
    },
    strokeDash: {
      field: 'method',
      scale: { domain: names, range: methods.map(({ dash }) => dash) },
    },
  } as const;
  const panel = ({ name, about }: Task) => {
    const own = curves.filter((curve) => curve.task === name);
    const rate = {
      field: 'rate',
      type: 'quantitative',
      scale: { type: 'log' },
      axis: {
        title: 'learning rate',
        grid: false,
        values: [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10],
        labelExpr: "datum.value < 1e-3 ? format(datum.value, '.0e') : datum.value",
        labelOverlap: false,
      },
    } as const;
    const loss = (field: string) =>
      ({
        field,
        type: 'quantitative',
        scale: { type: 'log', nice: false },
        axis: { title: null, format: '~g', tickCount: 5 },
      }) as const;
    return {
      width: 320,
      height: 210,
      title: { text: name, subtitle: about, subtitleColor: '#555' },
      layer: [
        {
          data: {
            values: own.flatMap((curve) =>
              curve.points.map(({ rate, mean }) => ({ method: curve.method, rate, mean })),
            ),
          },
          mark: { type: 'line', strokeWidth: 2 },
          encoding: { x: rate, y: loss('mean'), ...method },
        },
        {
          data: { values: [{ limit: limitOf(own[0]) }] },
          mark: { type: 'rule', strokeDash: [2, 4], stroke: '#555' },
          encoding: { y: loss('limit') },
        },
      ],
    };
  };
  return {
    background: 'white',
    padding: 12,
    title: 'Loss on the test data at the end of training; below the dotted line a rate is usable',
    columns: 3,
    // Else the legend would count as part of a column.
    bounds: 'flush',
    spacing: { row: 105, column: 60 },
    concat: tasks.map(panel),
    config: style,
  } as TopLevelSpec;
}
