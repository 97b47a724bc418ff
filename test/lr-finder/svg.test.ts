import { describe, expect, test } from 'vitest';
import { curveOf } from './curve-of.js';
import { descendants, parseXml, type XmlElement } from './xml.js';

const falls = (i: number) => 0.3 + 2 / (1 + Math.exp((i - 60) / 4));

/** Losses of every kind, and options of the sweep. */
const curves: Record<string, [(i: number) => number, object?]> = {
  'that fall': [falls],
  'that fall and explode': [(i) => (i < 80 ? falls(i) : 0.3 * 2 ** (i - 80))],
  'that fall below 0': [(i) => -1000 * falls(99 - i)],
  'that are constant': [() => 2.5],
  'that are 0': [() => 0],
  'that are constant and huge': [() => 1e308],
  'that are constant but for their last digits': [(i) => 1 + (i % 3) * 2 ** -52],
  'that are denormal': [(i) => 5e-324 * i],
  'that are huge': [(i) => (i % 2 === 0 ? 1e299 : -1e299), { smoothing: 0, divergence: 1e38 }],
  'that are too huge for sums': [(i) => (i % 2 === 0 ? 1.7e308 : -1.7e308), { smoothing: 0 }],
  'that are huge but for one': [(i) => (i === 7 ? -5 : 1e305)],
  'that explode at once': [(i) => (i === 0 ? 1 : 1e300)],
  'that are NaN': [() => Number.NaN],
  'that are infinite at last': [(i) => (i < 30 ? 1 / (i + 1) : Number.POSITIVE_INFINITY)],
  'that are one': [() => 3, { steps: 1 }],
  'that are two': [(i) => 3 - i, { steps: 2 }],
  'over rates of less than a decade': [falls, { minimum: 0.011, maximum: 0.09 }],
  'over rates that are nearly one': [falls, { minimum: 0.5, maximum: 0.5 + 2 ** -52 }],
  'over all rates': [falls, { minimum: 5e-324, maximum: 3e38 }],
};

const numbers = (element: XmlElement, name: string) => Number(element.attributes[name]);

function expectDrawable(svg: XmlElement) {
  for (const element of descendants(svg)) {
    for (const [name, value] of Object.entries(element.attributes)) {
      if (/^(x|y|x1|y1|x2|y2|width|height|font-size|stroke-width|stroke-opacity)$/.test(name)) {
        expect(value, name).toMatch(/^-?\d+(\.\d{1,2})?$/);
      }
    }
    if (element.name !== 'path') continue;
    expect(element.attributes.d).toMatch(/^(M-?[\d.]+ -?[\d.]+h0(L-?[\d.]+ -?[\d.]+)*)*$/);
  }
}

describe.each(Object.entries(curves))('losses %s', (_, [loss, options]) => {
  test('make a chart of plain numbers', async () => {
    const curve = await curveOf(loss, options);
    const source = curve.toSvg();
    expect(source).not.toMatch(/NaN|Infinity|undefined/);
    const svg = parseXml(source);
    expect(svg.name).toBe('svg');
    expect(svg.attributes).toMatchObject({ xmlns: 'http://www.w3.org/2000/svg', role: 'img' });
    expect(svg.children.map((child) => child.name).slice(0, 2)).toEqual(['title', 'desc']);
    expectDrawable(svg);
    const ids = descendants(svg).filter(({ attributes }) => 'id' in attributes);
    expect(ids).toEqual([]); // of two charts on one page they could be the same
  });

  test('have a tick on each axis, all within the chart, and none twice', async () => {
    const svg = parseXml((await curveOf(loss, options)).toSvg());
    const names = svg.children.filter((child) => child.name === 'text');
    for (const anchor of ['middle', 'end']) {
      const ticks = names.filter(
        ({ attributes, text }) => attributes['text-anchor'] === anchor && /^\D?\d/.test(text),
      );
      expect(ticks.length, anchor).toBeGreaterThan(0);
      expect(ticks.length, anchor).toBeLessThan(15);
      expect(new Set(ticks.map(({ text }) => text)).size).toBe(ticks.length);
      for (const tick of ticks) {
        expect(numbers(tick, 'x')).toBeGreaterThanOrEqual(0);
        expect(numbers(tick, 'x')).toBeLessThanOrEqual(numbers(svg, 'width'));
        expect(numbers(tick, 'y')).toBeGreaterThanOrEqual(0);
        expect(numbers(tick, 'y')).toBeLessThanOrEqual(numbers(svg, 'height'));
      }
    }
  });
});

/** The places of a chart's ticks, by what stands there. */
function ticksOf(svg: XmlElement, anchor: string, place: 'x' | 'y') {
  return new Map(
    svg.children
      .filter(({ attributes }) => attributes['text-anchor'] === anchor)
      .map((element) => [element.text, numbers(element, place)]),
  );
}

test('ticks, curve and suggestion stand where the numbers are', async () => {
  const curve = await curveOf((i) => falls(i));
  const svg = parseXml(curve.toSvg());
  const decades = ticksOf(svg, 'middle', 'x');
  const [left, right] = [decades.get('10⁻⁷'), decades.get('10¹')] as [number, number];
  expect(decades.get('10⁻³')).toBeCloseTo((left + right) / 2, 1);
  const x = (rate: number) => left + ((right - left) * (Math.log10(rate) + 7)) / 8;
  const losses = ticksOf(svg, 'end', 'y');
  const [one, two] = [losses.get('1'), losses.get('2')] as [number, number];
  expect(left).toBeLessThan(right);
  expect(two).toBeLessThan(one); // y grows downwards
  const y = (loss: number) => one + (loss - 1) * (two - one) - 4; // names hang 4 below their line

  const paths = descendants(svg).filter((element) => element.name === 'path');
  for (const [k, values] of [curve.losses, curve.smoothedLosses].entries()) {
    const points = [...`${paths[k]?.attributes.d}`.matchAll(/[ML](\S+) (-?[\d.]+)/g)];
    expect(points.length).toBe(100);
    for (const [i, [, atX, atY]] of points.entries()) {
      expect(Math.abs(Number(atX) - x(curve.rates[i] as number))).toBeLessThan(0.1);
      expect(Math.abs(Number(atY) - y(values[i] as number))).toBeLessThan(0.1);
    }
  }
  const mark = svg.children.find(({ attributes }) => 'stroke-dasharray' in attributes);
  expect(Math.abs(numbers(mark as XmlElement, 'x1') - x(curve.suggestion as number))).toBeLessThan(
    0.1,
  );
  const texts = svg.children.map(({ text }) => text);
  expect(texts).toContain(`suggestion: ${Number(curve.suggestion?.toPrecision(3))}`);
  expect(texts[1]).toContain(`Suggestion: ${Number(curve.suggestion?.toPrecision(3))}.`);
});

test('what is no number leaves a gap, and no suggestion no mark', async () => {
  const curve = await curveOf((i) => (i === 5 ? 1e305 : 1), {
    smoothing: 0,
    divergence: 1e38,
    steps: 10,
  });
  const svg = parseXml(curve.toSvg());
  const paths = descendants(svg).filter((element) => element.name === 'path');
  expect(paths.map(({ attributes }) => attributes.d?.replace(/[^MhL]/g, ''))).toEqual([
    'MhLLLL',
    'MhLLLL',
  ]);
  expect(curve.end).toBe('diverged');
  expect(svg.children.some(({ attributes }) => 'stroke-dasharray' in attributes)).toBe(false);
});

test.each([
  ['<script>&"\'</script>', '<script>&"\'</script>'],
  ['half \ud83d of a smile, \udfff', 'half \ufffd of a smile, \ufffd'],
  ['\u0000\u001b[31m\ufffe a whole 😀', '\ufffd\ufffd[31m\ufffd a whole 😀'],
  ['', ''],
])('the title %j', async (title, shown) => {
  const svg = parseXml((await curveOf(falls)).toSvg({ title }));
  expect(svg.children[0]?.text).toBe(shown);
  expect(svg.children[2]?.text).toBe(shown);
});

test.each<[unknown, string]>([
  [{ title: 3 }, 'ERR_INVALID_OPTION'],
  [{ caption: 'x' }, 'ERR_UNKNOWN_OPTION'],
  ['x', 'ERR_INVALID_OPTION'],
])('refuses the options %j', async (options, code) => {
  const curve = await curveOf(falls, { steps: 3 });
  expect(() => curve.toSvg(options as object)).toThrow(expect.objectContaining({ code }));
});
