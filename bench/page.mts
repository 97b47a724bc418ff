import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Replaces what stands in a page between `<!-- NAME -->` and `<!-- /NAME -->`, for all names that the page has;
 * what was not measured stays.
 */
export function writePage(file: string, parts: Readonly<Record<string, string>>): void {
  let page = readFileSync(file, 'utf8');
  for (const [name, text] of Object.entries(parts)) {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [page.indexOf(start) + start.length, page.indexOf(end)];
    if (text !== '' && page.includes(start) && to >= from) {
      page = `${page.slice(0, from)}\n\n${text}\n\n${page.slice(to)}`;
    }
  }
  writeFileSync(file, page);
}
