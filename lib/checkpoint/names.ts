/** The name of a parameter's tensor in a file. */
export function parameterName(group: number, name: string): string {
  return `${PARAMETERS}${group}/${readable(name)}`;
}

/** The name of the tensor of one array of a parameter's state. */
export function stateName(state: string, group: number, name: string): string {
  return `state/${state}/${group}/${readable(name)}`;
}

/** The name of a tensor that the optimizer knows nothing of. */
export function extraName(name: string): string {
  return `${EXTRA}${readable(name)}`;
}

export const PARAMETERS = 'parameters/';
export const EXTRA = 'tensors/';

/** Half a surrogate pair, which is no text to readers of the format in other languages; and the sign that escapes it. */
const UNREADABLE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|%/g;

/** Different for different names. */
function readable(name: string): string {
  return name.replace(UNREADABLE, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
