// TensorFlow.js on its CPU backend. In any folder outside this package:
//
//   npm install @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0
//   node PATH/TO/test/golden/frameworks/from_tfjs.mjs        writes tfjs.json.gz beside this file
//
// The centred form is left out: TensorFlow.js subtracts epsilon from the variance, which gives NaN for small gradients.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const require = createRequire(join(process.cwd(), 'any.js')); // from where it is installed
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-cpu');

const here = import.meta.dirname;
const data = JSON.parse(gunzipSync(readFileSync(join(here, 'data.json.gz'))));
const decode = (text) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
const initial = decode(data.params);
const gradients = decode(data.gradients);
const lanes = initial.length;
const recorded = [1, 10, 40, 70, 100];

await tf.setBackend('cpu');
const cases = [{}, { decay: 0.5 }, { momentum: 0.9 }].map((variation) => {
  const options = { learningRate: 0.01, ...variation };
  const p = tf.variable(tf.tensor1d(initial.slice()));
  const optimizer = tf.train.rmsprop(options.learningRate, options.decay, options.momentum);
  const params = {};
  for (let step = 1; step * lanes <= gradients.length; step++) {
    const [, factor] = data.factors.findLast(([first]) => first <= step);
    optimizer.learningRate = options.learningRate * factor;
    const g = tf.tensor1d(gradients.slice((step - 1) * lanes, step * lanes));
    optimizer.applyGradients({ [p.name]: g });
    if (recorded.includes(step)) {
      params[step] = Buffer.from(Float32Array.from(p.dataSync()).buffer).toString('base64');
    }
  }
  return { options, params };
});
const run = { preset: 'tfjs', framework: `TensorFlow.js ${tf.version_core}`, cases };
writeFileSync(join(here, 'tfjs.json.gz'), gzipSync(JSON.stringify(run), { level: 9 }));
