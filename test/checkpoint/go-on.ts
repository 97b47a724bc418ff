/** Another process: loads the checkpoint of every case, goes on with an engine of its own, and writes what it gets. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { configure, loadCheckpoint, runtime } from '../../lib/index.js';
import { cases, type Result, resultOf } from './cases.js';

async function goOn(folder: string) {
  const { availableIsas } = runtime();
  const results: Result[] = [];
  for (const [i, { start }] of cases.entries()) {
    configure({ isa: availableIsas[i % availableIsas.length] ?? 'scalar', threads: 1 + (i % 3) });
    const training = start('for loading');
    const file = join(folder, `${i}.safetensors`);
    const metadata = await loadCheckpoint(file, { optimizer: training.optimizer });
    for (const t of metadata.steps) await training.step(t);
    results.push(resultOf(training));
  }
  writeFileSync(join(folder, 'results'), serialize(results));
}

goOn(process.argv[2] as string);
