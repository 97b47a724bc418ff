/** What a user might write: trains, and tells what it got, and by which binary. */
export const program = `import { createHash } from 'node:crypto';
import module from 'node:module';
import { RMSprop, runtime } from 'rmsprop';

const weights = new Float32Array(300_000);
const bias = new Float64Array(10).fill(1);
const optimizer = new RMSprop({ weights, bias }, { learningRate: 0.01, momentum: 0.9, centered: true });
async function train() {
  for (let t = 0; t < 10; t++) {
    const gradients = { weights: weights.map((w, i) => w - (i % 7) / 7), bias: bias.map((b) => b / 3) };
    if (t % 2) await optimizer.stepAsync(gradients);
    else optimizer.step(gradients);
  }
  const loaded = Object.keys((module as unknown as { _cache: object })._cache);
  return {
    checksum: createHash('sha256').update(weights).update(bias).digest('hex'),
    native: runtime().native,
    binary: loaded.find((name) => name.endsWith('.node')),
  };
}
train().then((result) => console.log(JSON.stringify(result)));
`;

export interface Result {
  checksum: string;
  native: boolean;
  binary?: string;
}
