import { columns } from './results.mts';
import type { Run } from './training.mts';

/** One HTML page that refers to nothing outside of itself. */
export function htmlReport(
  runs: Run[],
  { facts, target, charts }: { facts: string[]; target: number; charts: string },
): string {
  const table = columns(target);
  const heading = table
    .map((column) => `<th>${escapeHtml(column.heading.join(' '))}</th>`)
    .join('');
  const rows = runs.map((run) => {
    const cells = table.map((column) => `<td>${escapeHtml(column.text(run))}</td>`).join('');
    return `<tr style="--colour: ${run.contender.colour}">${cells}</tr>`;
  });
  const code = runs.map(({ contender }) => `${contender.code}; // ${contender.name}`);

  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Optimizers compared</title>
<style>
  :root { color-scheme: light; }
  body {
    max-width: 960px; margin: 0 auto; padding: 2rem 1rem 4rem;
    font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: white;
  }
  h1 { margin: 0 0 0.5rem; font-size: 1.8rem; line-height: 1.2; }
  h2 { margin: 2.5rem 0 0.5rem; font-size: 1.2rem; }
  p { max-width: 44rem; margin: 0.5rem 0; }
  ul { padding: 0; margin: 1rem 0; list-style: none; color: #555; font-size: 0.9rem; }
  svg { width: 100%; height: auto; }
  .wide { overflow-x: auto; }
  table { width: 100%; border-collapse: collapse; font-size: 0.95rem; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.4rem 0 0.4rem 0.9rem; text-align: right; white-space: nowrap; }
  th { border-bottom: 2px solid #1a1a1a; font-size: 0.85rem; }
  td { border-bottom: 1px solid #e6e6e6; }
  th:first-child, td:first-child { padding-left: 0; text-align: left; }
  td:first-child::before {
    content: ''; display: inline-block; width: 0.7rem; height: 0.7rem; margin-right: 0.6rem;
    border-radius: 50%; background: var(--colour);
  }
  pre { padding: 1rem; overflow-x: auto; border-radius: 6px; background: #f5f5f5; font-size: 0.85rem; }
</style>
</head>
<body>
<h1>Optimizers compared</h1>
<p>The same small neural network learned the same images with each of these optimizers, from the
same first weights and through the same batches. Only the rule that turns gradients into new weights
differed, and its learning rate, which was chosen for each; Prodigy is given a first guess instead, and a
schedule. Of the Schedule-Free rules the average of the weights is what is evaluated.</p>
<ul>
${facts.map((fact) => `<li>${escapeHtml(fact)}</li>`).join('\n')}
</ul>
<div class="wide">
${charts}
</div>

<h2>Results</h2>
<div class="wide">
<table>
<thead><tr>${heading}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</div>
<p>Loss is the mean cross-entropy over the training data after the last epoch, accuracy the share of
test images that the network then gets right. Times are of this run on this machine; all other
numbers follow from the seed and are the same everywhere.</p>

<h2>Settings</h2>
<pre>${escapeHtml(code.join('\n'))}</pre>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
