import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configure, type Isa, Scheduler, schedules } from '../lib/index.js';
import { nativeIsas } from './engines.js';
import { type Options, optimizers } from './variants.js';

// What trains the network of `npm start`; its modules are checked with the other examples.
const example = (name: string) => import(join(__dirname, '../examples', name));

interface Setting {
  options: Options;
  epochs?: number;
  /** The whole training data at each step. */
  fullBatch?: true;
  /** What its rate needs to fall. */
  scheduled?: true;
}

/** A sensible rate for every rule, on small images of handwritten digits. */
const settings: Record<string, Setting> = {
  RMSprop: { options: { learningRate: 0.002 } },
  SGD: { options: { learningRate: 0.1, momentum: 0.9, nesterov: true } },
  Adam: { options: { learningRate: 0.005 } },
  AdamW: { options: { learningRate: 0.005, weightDecay: 0.1 } },
  NAdam: { options: { learningRate: 0.005 } },
  Adagrad: { options: { learningRate: 0.1 } },
  Adadelta: { options: { learningRate: 1 } },
  Adamax: { options: { learningRate: 0.01 } },
  Lion: { options: { learningRate: 0.0005 } },
  ScheduleFreeRMSprop: { options: { learningRate: 0.005 } },
  ScheduleFreeAdamW: { options: { learningRate: 0.005 } },
  ProdigyRMSprop: { options: {}, scheduled: true },
  // Made for gradients of all the data.
  Rprop: { options: { learningRate: 0.001, stepMax: 0.01 }, epochs: 100, fullBatch: true },
};

test.each(optimizers)(
  '$name learns to read at least 95 % of the digits',
  async ({ name, Class }) => {
    configure({ isa: nativeIsas[0] as Isa });
    const { options, epochs = 20, fullBatch, scheduled } = settings[name] as Setting;
    const { datasets } = await example('datasets.mts');
    const { Random } = await example('random.mts');
    const { train } = await example('training.mts');
    const digits = datasets.digits.load(new Random(1));
    const batch = fullBatch ? digits.train.count : datasets.digits.batch;
    const create = (params: never) => {
      const optimizer = new Class(params, options);
      if (scheduled) {
        const steps = epochs * Math.ceil(digits.train.count / batch);
        const scheduler = new Scheduler(optimizer as never, schedules.cosine({ steps }));
        optimizer.onStep(() => scheduler.step());
      }
      return optimizer;
    };
    const contender = { create };
    const run = { seed: 1, epochs, batch, hidden: 64 };
    const { points } = await train(contender, digits, run, () => {});
    expect(points[0].accuracy).toBeLessThan(0.3);
    expect(points.at(-1).accuracy).toBeGreaterThanOrEqual(0.95);
  },
);
