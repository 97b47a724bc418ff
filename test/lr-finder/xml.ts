/** An element of a document, with the text that stands directly in it. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };

const NAME = '[A-Za-z][A-Za-z0-9-]*';
const tokens = new RegExp(
  `<(${NAME})((?: ${NAME}="[^"<]*")*)(/?)>|</(${NAME})>|([^<>]+)`,
  'y', // where the last one ended, and nowhere else
);

/** Reads the XML that this package may write, and nothing more. Throws where a document is not well-formed. */
export function parseXml(source: string): XmlElement {
  const impossible = source.match(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u);
  if (impossible) throw new Error(`a character that XML does not have at ${impossible.index}`);
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  tokens.lastIndex = 0;
  while (tokens.lastIndex < source.length) {
    const at = tokens.lastIndex;
    const token = tokens.exec(source);
    if (!token) throw new Error(`no XML from ${at} on: ${source.slice(at, at + 60)}`);
    const [, name, attributes = '', empty, closed, text] = token;
    const parent = open.at(-1) as XmlElement;
    if (text !== undefined) {
      parent.text += decode(text);
    } else if (name !== undefined) {
      const element = { name, attributes: readAttributes(attributes), children: [], text: '' };
      parent.children.push(element);
      if (!empty) open.push(element);
    } else if (open.pop()?.name !== closed) {
      throw new Error(`</${closed}> at ${at} closes another element`);
    }
  }
  const [document, ...others] = root.children;
  if (open.length > 1 || !document || others.length > 0 || root.text.trim() !== '') {
    throw new Error('not one element, closed, with nothing around it');
  }
  return document;
}

function readAttributes(source: string): Record<string, string> {
  const list = [...source.matchAll(new RegExp(`(${NAME})="([^"]*)"`, 'g'))];
  const attributes = Object.fromEntries(list.map(([, name, value]) => [name, decode(`${value}`)]));
  if (Object.keys(attributes).length < list.length) throw new Error(`twice the same in ${source}`);
  return attributes;
}

function decode(text: string): string {
  return text.replace(/&([^;]*;?)/g, (found, name) => {
    const character = entities[name.slice(0, -1)];
    if (character === undefined || !name.endsWith(';')) throw new Error(`no entity: ${found}`);
    return character;
  });
}

/** An element and all within it. */
export function descendants(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(descendants)];
}
