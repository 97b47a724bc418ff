import type { TopLevelSpec } from 'vega-lite';
import { type Panel, style, toSvg } from '../../examples/svg.mts';
import { peerKeys } from '../peers/index.mts';
import type { Result } from '../results.mts';
import { significant } from '../table.mts';

/** What is drawn of a run that has all of it. */
const preferred = { rules: ['rmsprop', 'adam'], sizes: ['16K', '1M', '33M', '200x1000'] };

const OURS = 'rmsprop (this package)';

interface Bar {
  readonly name: string;
  readonly kind: 'ours' | 'JavaScript' | 'Python';
  readonly rule: string;
  readonly size: string;
  /** Nanoseconds per parameter; without a figure the bar is missing. */
  readonly time: number | null;
  readonly label: string;
  readonly limit: number;
}

/** Nanoseconds per parameter on one thread, ours and the peers'. */
export async function drawPeers(results: readonly Result[], caption: string): Promise<string> {
  const alone = results.filter(
    ({ threads }) => threads === Math.min(...results.map((r) => r.threads)),
  );
  const chosen = narrowed(
    narrowed(alone, preferred.rules, ({ rule }) => rule),
    preferred.sizes,
    ({ shape }) => shape.name,
  );
  const bars = chosen.flatMap(barsOf);
  const rules = [...new Set(chosen.map(({ name }) => name))];
  const sizes = [...new Set(chosen.map(({ shape }) => shape.name))];
  const order = new Map(peerKeys.map((key, i) => [key, i]));
  const names = [
    OURS,
    ...new Map(
      chosen
        .flatMap(({ peers }) => peers.map((p) => [p.peer, p.name] as const))
        .sort(([a], [b]) => (order.get(a) ?? 0) - (order.get(b) ?? 0)),
    ).values(),
  ];
  const times = bars.flatMap(({ time, limit }) => (time === null ? [limit] : [time, limit]));
  const domain = [Math.min(...times) / 2, 6 * Math.max(...times)];

  const specification: TopLevelSpec = {
    background: 'white',
    padding: 12,
    title: {
      text: 'Time of a step, in nanoseconds per parameter',
      subtitle: [
        'One thread; logarithmic. The dashed line is the limit loop: the same memory traffic with next to no arithmetic.',
        caption,
      ],
      subtitleFontSize: 12,
      subtitleColor: '#555',
    },
    vconcat: rules.map((rule, row) => ({
      spacing: 24,
      bounds: 'flush',
      hconcat: sizes.map((size, column) =>
        panel({
          title: `${rule}, ${size}`,
          bars: bars.filter((bar) => bar.rule === rule && bar.size === size),
          names,
          domain,
          isFirst: column === 0,
          isLast: row === rules.length - 1,
        }),
      ),
    })),
    config: style,
  };
  return toSvg(specification);
}

function narrowed(results: readonly Result[], wanted: string[], of: (result: Result) => string) {
  const some = results.filter((result) => wanted.includes(of(result)));
  return some.length > 0 ? some : results;
}

function barsOf({ name: rule, shape, step, limit, peers }: Result): Bar[] {
  const common = { rule, size: shape.name, limit: limit.median };
  const bar = (name: string, kind: Bar['kind'], time: number | undefined): Bar => ({
    ...common,
    name,
    kind,
    time: time ?? null,
    label: time === undefined ? '–' : significant(time),
  });
  return [
    bar(OURS, 'ours', step.median),
    ...peers.map(({ peer, name, time }) =>
      bar(name, /^(javascript|tfjs)/.test(peer) ? 'JavaScript' : 'Python', time?.median),
    ),
  ];
}

function panel({
  title,
  bars,
  names,
  domain,
  isFirst,
  isLast,
}: {
  title: string;
  bars: Bar[];
  names: string[];
  domain: number[];
  isFirst: boolean;
  isLast: boolean;
}): Panel {
  const y = {
    field: 'name',
    type: 'nominal',
    scale: { domain: names, paddingInner: 0.25 },
    axis: isFirst
      ? { title: null, ticks: false, domain: false, labelLimit: 0, labelPadding: 6 }
      : null,
  } as const;
  const scale = { type: 'log', domain, nice: false } as const;
  const powers = [0.1, 1, 10, 100, 1000].filter((tick) => tick >= domain[0] && tick <= domain[1]);
  const axis = {
    title: null,
    values: powers,
    format: '~g',
    labels: isLast,
    ticks: isLast,
    domain: false,
  } as const;
  return {
    title: { text: title, frame: 'group' },
    width: 190,
    height: 20 * names.length,
    data: { values: bars.map((bar) => ({ ...bar, end: bar.time ?? domain[0] })) },
    layer: [
      {
        mark: 'bar',
        encoding: {
          y,
          x: { field: 'time', type: 'quantitative', scale, axis },
          x2: { datum: domain[0] },
          color: {
            field: 'kind',
            scale: {
              domain: ['ours', 'JavaScript', 'Python'],
              range: ['#d55e00', '#e9c46a', '#8fb8de'],
            },
            legend: null,
          },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 4, fontSize: 11 },
        encoding: {
          y,
          x: { field: 'end', type: 'quantitative', scale },
          text: { field: 'label' },
        },
      },
      {
        data: { values: bars.slice(0, 1) },
        mark: { type: 'rule', strokeDash: [3, 3], stroke: '#000' },
        encoding: { x: { field: 'limit', type: 'quantitative', scale } },
      },
    ],
  };
}
