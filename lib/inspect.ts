import { type InspectOptions, inspect } from 'node:util';
import type { Parameter } from './params.js';
import type { AnyRule } from './rule.js';
import type { GroupRange } from './saved-state.js';
import type { State } from './state.js';

/** So many tensors of a group are named; the others are counted. */
const NAMED = 8;

/** An optimizer as `console.log` shows it: every group with its tensors and options, and what the state takes. */
export function describe(
  { name }: AnyRule,
  parameters: readonly Parameter[],
  groups: readonly GroupRange[],
  { arena, steps }: State,
  depth: number,
  options: InspectOptions,
): string {
  const shown = groups.map(({ values, first, end }) => {
    const tensors = parameters.slice(first, end);
    const named = tensors
      .slice(0, NAMED)
      .map(({ name, type, length }) => [name, new Verbatim(`${type} x ${length}`)]);
    const rest = tensors.length - named.length;
    const more = rest > 0 && {
      [`and ${rest} more`]: new Verbatim(`x ${sum(tensors.slice(NAMED))}`),
    };
    return { params: { ...Object.fromEntries(named), ...more }, ...values };
  });
  const summary = {
    groups: shown,
    parameters: sum(parameters),
    stateBytes: arena.byteLength,
    steps: steps.reduce((most, step) => Math.max(most, step), 0),
  };
  // As deep as the options of groups are, but where nothing deeper is to be shown.
  return withName(name, summary, depth > 0 ? 3 : depth, options);
}

/** An object as `console.log` shows that of a class; `depth` is how much deeper than itself it may be shown. */
export function withName(
  name: string,
  values: object,
  depth: number,
  options: InspectOptions,
): string {
  return depth < 0 ? `[${name}]` : `${name} ${inspect(values, { ...options, depth })}`;
}

function sum(tensors: readonly Parameter[]): number {
  return tensors.reduce((total, { length }) => total + length, 0);
}

/** Text that is shown without quotation marks. */
class Verbatim {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  [inspect.custom](): string {
    return this.#text;
  }
}
