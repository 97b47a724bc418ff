import { elementSizes, type FileDataType } from './data-types.js';
import { type Header, sizeOfShape, type TensorInfo } from './header.js';

/** What is wrong with a header: what was expected, and what came. */
export class HeaderFault {
  constructor(
    readonly expected: string,
    readonly received: string,
  ) {}
}

/**
 * Reads a header: JSON of exactly the shape that the format has, so that nothing is nested deeper, doubled or guessed at.
 * Names are only ever keys of maps.
 *
 * @param dataBytes what the file has after the header: tensors must fill it, without gaps and without sharing
 * @throws HeaderFault
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number): Header {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new HeaderFault('to have a header in UTF-8', 'other bytes');
  }
  if (text[0] !== '{')
    throw new HeaderFault("to have a header that begins with '{'", found(text, 0));
  const { metadata, tensors } = new HeaderParser(text).parse();
  return { metadata, tensors: inOrder(tensors, dataBytes) };
}

function found(text: string, at: number): string {
  return at < text.length ? `${JSON.stringify(text.slice(at, at + 20))} at ${at}` : 'its end';
}

class HeaderParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse() {
    const metadata = new Map<string, string>();
    let hasMetadata = false;
    const tensors = new Map<string, TensorInfo>();
    this.#object((name) => {
      if (name === '__metadata__') {
        if (hasMetadata) throw this.#doubled(name);
        hasMetadata = true;
        this.#object((key) => {
          if (metadata.has(key)) throw this.#doubled(key);
          metadata.set(key, this.#string());
        });
      } else {
        if (tensors.has(name)) throw this.#doubled(name);
        tensors.set(name, this.#tensor(name));
      }
    });
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#fault('nothing after its last brace');
    return { metadata, tensors };
  }

  #tensor(name: string): TensorInfo {
    const fields: { dtype?: string; shape?: number[]; data_offsets?: number[] } = {};
    this.#object((field) => {
      if (field === 'dtype' && !fields.dtype) fields.dtype = this.#string();
      else if (field === 'shape' && !fields.shape) fields.shape = this.#integers();
      else if (field === 'data_offsets' && !fields.data_offsets) {
        fields.data_offsets = this.#integers();
      } else throw this.#fault(`dtype, shape and data_offsets of ${short(name)}, each once`);
    });
    const { dtype, shape, data_offsets: offsets } = fields;
    if (dtype === undefined || !shape || offsets?.length !== 2) {
      throw this.#fault(`dtype, shape and two data_offsets of ${short(name)}`);
    }
    if (!Object.hasOwn(elementSizes, dtype)) {
      const expected = `to have a known dtype for ${short(name)}`;
      throw new HeaderFault(expected, short(dtype));
    }
    const [begin, end] = offsets as [number, number];
    return { name, dtype: dtype as FileDataType, shape, begin, end };
  }

  /** Calls `value` with every name, to read what belongs to it. */
  #object(value: (name: string) => void) {
    this.#expect('{');
    if (this.#accept('}')) return;
    do {
      this.#skipSpace();
      const name = this.#string();
      this.#expect(':');
      value(name);
    } while (this.#accept(','));
    this.#expect('}');
  }

  #integers(): number[] {
    const list: number[] = [];
    this.#expect('[');
    if (this.#accept(']')) return list;
    do {
      this.#skipSpace();
      const digits = /0|[1-9][0-9]{0,15}/y;
      digits.lastIndex = this.#at;
      const number = Number(digits.exec(this.#text)?.[0]);
      if (!Number.isSafeInteger(number)) throw this.#fault('an integer from 0 to 2^53 - 1');
      this.#at = digits.lastIndex;
      list.push(number);
    } while (this.#accept(','));
    this.#expect(']');
    return list;
  }

  #string(): string {
    this.#skipSpace();
    if (this.#text[this.#at] !== '"') throw this.#fault('a string');
    let end = this.#at;
    let escaped: boolean;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) throw this.#fault('a string that ends');
      let backslash = end;
      while (this.#text[backslash - 1] === '\\') backslash--;
      escaped = (end - backslash) % 2 === 1;
    } while (escaped);
    try {
      const value: string = JSON.parse(this.#text.slice(this.#at, end + 1));
      this.#at = end + 1;
      return value;
    } catch {
      throw this.#fault('a string of JSON');
    }
  }

  #accept(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string) {
    if (!this.#accept(character)) throw this.#fault(`'${character}'`);
  }

  #skipSpace() {
    while (this.#at < this.#text.length && ' \t\n\r'.includes(this.#text[this.#at] as string)) {
      this.#at++;
    }
  }

  #doubled(name: string) {
    return new HeaderFault('to have every name once in its header', `${short(name)} again`);
  }

  #fault(expected: string) {
    return new HeaderFault(`to have in its header ${expected}`, found(this.#text, this.#at));
  }
}

/** The tensors by their place, if they fill the data as their shapes say. */
function inOrder(tensors: ReadonlyMap<string, TensorInfo>, dataBytes: number) {
  const entries = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let expected = 0;
  for (const [name, { dtype, shape, begin, end }] of entries) {
    const offsets = `[${begin}, ${end}]`;
    if (begin !== expected) {
      throw new HeaderFault(
        `to have ${short(name)} begin at ${expected}`,
        `data_offsets ${offsets}`,
      );
    }
    if (end < begin || end > dataBytes) {
      throw new HeaderFault(
        `to have ${short(name)} end by ${dataBytes}`,
        `data_offsets ${offsets}`,
      );
    }
    // A product that is not exact is larger than any file.
    if (sizeOfShape(shape) * elementSizes[dtype] !== end - begin) {
      const needs = `[${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', ...' : ''}] of ${dtype}`;
      throw new HeaderFault(`to have the bytes of ${needs} for ${short(name)}`, `${end - begin}`);
    }
    expected = end;
  }
  if (expected !== dataBytes) {
    throw new HeaderFault(`to have ${expected} bytes of data`, `${dataBytes}`);
  }
  return new Map(entries);
}

function short(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}
