import type { Config, TopLevelSpec } from 'vega-lite';

/** One SVG that needs nothing else. */
export async function toSvg(specification: TopLevelSpec): Promise<string> {
  // Who draws nothing does not wait for them.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec } = compile(specification);
  return new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG();
}

/** A chart of layers, to stand beside others. */
export type Panel = Extract<TopLevelSpec, { layer: unknown }>;

/** How the charts of this project look. */
export const style: Config = {
  font: 'system-ui, sans-serif',
  title: { fontSize: 14, fontWeight: 600, anchor: 'start', offset: 10 },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    gridColor: '#e6e6e6',
  },
  legend: { labelFontSize: 12, labelLimit: 0 },
  concat: { spacing: 32 },
  view: { stroke: null },
};
