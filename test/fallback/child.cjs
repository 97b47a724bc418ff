// Loads the package, in the main thread or, with the argument `workers`, there and then in two workers; prints what it found,
// what it computed and which warnings there were, as JSON.
const { createHash } = require('node:crypto');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

const root = isMainThread ? process.argv[2] : workerData;
const warnings = [];
process.on('warning', ({ code, message }) => warnings.push({ code, message }));

function use() {
  const { Adam, RMSprop, SGD, runtime } = require(root);
  const sum = createHash('sha256');
  for (const Class of [RMSprop, SGD, Adam]) {
    const w = Float32Array.from({ length: 1000 }, (_, i) => Math.fround((i % 37) / 8 - 2));
    const optimizer = new Class(w);
    for (let t = 1; t <= 3; t++) optimizer.step(w.map((x) => x * t));
    sum.update(new Uint8Array(w.buffer));
  }
  const { native, isa, nativeError } = runtime();
  return { native, isa, nativeError, checksum: sum.digest('hex') };
}

function found() {
  try {
    return use();
  } catch ({ name, code, message }) {
    return { name, code, message };
  }
}

async function inWorker() {
  const worker = new Worker(__filename, { workerData: root });
  const [message] = await require('node:events').once(worker, 'message');
  await worker.terminate();
  return message;
}

async function main() {
  const results = [found()];
  if (process.argv[3] === 'workers') results.push(await inWorker(), await inWorker());
  await new Promise(setImmediate); // warnings come then
  const all = [...warnings, ...results.flatMap((result) => result.warnings ?? [])];
  console.log(JSON.stringify({ results, warnings: all }));
}

if (isMainThread) {
  main();
} else {
  const result = found();
  setImmediate(() => parentPort.postMessage({ ...result, warnings }));
}
