import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { optimizers } from './variants.js';

/** In bytes a step. The least object, a number with a fraction, has 16. */
const most = { heap: 4, outside: 1 };

const code = `
  const { getHeapStatistics } = require('node:v8');
  const optimizers = require(${JSON.stringify(join(__dirname, '..'))});
  const f = (length) => new Float32Array(length).fill(0.5);
  const shapes = {
    one: [f(8), f(8)],
    list: [[f(5), f(7), f(9)], [f(5), f(7), f(9)]],
    record: [{ w: f(5), b: f(7) }, { w: f(5), b: null }],
    groups: [
      [
        { params: [f(5), f(7)], weightDecay: 1, weightDecayExclude: ['0'] },
        { params: { w: f(9), v: f(3) }, learningRate: 1, frozen: ['v'] },
      ],
      [[f(5), f(7)], { w: f(9), v: f(3) }],
    ],
  };
  const ways = {
    whole: (optimizer, gradients) => optimizer.step(gradients),
    parts(optimizer) {
      optimizer.stepTensor(2, third);
      optimizer.stepTensor(1, second);
      optimizer.stepTensor(0, first);
      return optimizer.endStep();
    },
  };
  const [, [first, second, third]] = shapes.list;
  const numbers = new Int32Array([6, 1, 6]);
  const gradients = f(3);
  ways.rows = (optimizer) => {
    optimizer.stepRows(1, numbers, gradients);
    return optimizer.endStep();
  };
  const count = 12_000;
  const growth = [];
  for (const name of ${JSON.stringify(optimizers.map(({ name }) => name))}) {
    const cases = Object.entries(shapes).map(([shape, tensors]) => [shape, ways.whole, tensors]);
    cases.unshift(['list, tensor by tensor', ways.parts, shapes.list]);
    if (name === 'RMSprop') cases.unshift(['list, some rows', ways.rows, shapes.list]);
    for (const [shape, step, [params, gradients]] of cases) {
      const optimizer = new optimizers[name](params);
      // The least of a few, until it is little: V8 allocates, too, while it compiles.
      let [heap, outside] = [Infinity, Infinity];
      for (let run = 0; run < 6 && (heap > ${most.heap} || outside > ${most.outside}); run++) {
        const { used_heap_size: heapBefore } = getHeapStatistics();
        const { external: outsideBefore } = process.memoryUsage();
        for (let t = 0; t < count; t++) step(optimizer, gradients);
        const { used_heap_size: heapAfter } = getHeapStatistics();
        const { external: outsideAfter } = process.memoryUsage();
        heap = Math.min(heap, Math.abs(heapAfter - heapBefore) / count);
        outside = Math.min(outside, Math.abs(outsideAfter - outsideBefore) / count);
      }
      growth.push({ case: name + ', ' + shape, heap, outside });
    }
  }
  console.log(JSON.stringify(growth));`;

test('a step makes no garbage', () => {
  // Room for so many new objects that none are collected: the used heap grows by all that is allocated.
  const room = ['--min-semi-space-size=256', '--max-semi-space-size=256'];
  const output = execFileSync(process.execPath, [...room, '-e', code], { encoding: 'utf8' });
  const growth: { heap: number; outside: number }[] = JSON.parse(output);
  expect(growth).toHaveLength(5 * optimizers.length + 1);
  expect(growth.filter(({ heap, outside }) => heap > most.heap || outside > most.outside)).toEqual(
    [],
  );
});
