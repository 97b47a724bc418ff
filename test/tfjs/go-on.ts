import { readFileSync, writeFileSync } from 'node:fs';
import '../../lib/tfjs/index.js';
import { use } from './backends.js';
import { load, type Network, trainModel, weightsOf } from './networks.js';

/** The process that goes on with models that another one has saved: each argument is `<backend> <network> <file>`. */
async function main(jobs: readonly string[]) {
  for (const job of jobs) {
    const [backend, network, file] = job.split(' ') as [string, Network, string];
    await use(backend);
    const bytes = readFileSync(`${file}.bin`);
    const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const model = await load({ ...JSON.parse(readFileSync(`${file}.json`, 'utf8')), weightData });
    const losses = await trainModel(model, network, 4);
    writeFileSync(`${file}.out`, JSON.stringify({ losses, weights: weightsOf(model) }));
  }
}

main(process.argv.slice(2));
