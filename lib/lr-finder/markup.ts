/** XML as text. */
type Markup = string;

/** What XML has no way to write, half characters among it. */
const impossible = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Text as XML shows it, in an element or in an attribute. */
export function escapeText(text: string): Markup {
  return text
    .replace(impossible, '\uFFFD')
    .replace(/[&<>"]/g, (character) => entities[character] as string);
}

/** An element. Numbers are rounded to hundredths, which are less than anybody sees of a pixel. */
export function element(
  name: string,
  attributes: { readonly [name: string]: string | number },
  ...children: readonly Markup[]
): Markup {
  const list = Object.entries(attributes).map(([attribute, value]) => {
    const text = typeof value === 'number' ? `${hundredths(value)}` : escapeText(value);
    return ` ${attribute}="${text}"`;
  });
  const tag = `${name}${list.join('')}`;
  return children.length === 0 ? `<${tag}/>` : `<${tag}>${children.join('')}</${name}>`;
}

export function hundredths(value: number): number {
  return Math.round(100 * value) / 100;
}
