import {
  Adam,
  AdamW,
  ProdigyRMSprop,
  RMSprop,
  type Schedule,
  ScheduleFreeRMSprop,
  schedules,
} from 'rmsprop';
import type { Tensors } from './task.mts';

/** What a training uses of an optimizer. */
export interface Trained {
  step(gradients: Tensors): void;
  swapInAverages(): void;
}

export interface Method {
  /** What `--methods` calls it. */
  readonly key: string;
  readonly name: string;
  readonly colour: string;
  /** Dashes of its curve. */
  readonly dash: number[];
  /** Whether what is tested is an average of the parameters. */
  readonly averages?: true;
  create(parameters: Tensors, learningRate: number, steps: number): Trained;
  /** What sets its rates, if anything does. */
  schedule?(steps: number): Schedule;
}

const schedule = (steps: number) => schedules.cosine({ steps });

/** Of so many steps, so many are for warming up. */
const warmUpOf = (steps: number) => Math.ceil(steps / 20);

/** As PyTorch's, whose decay is 0.99. */
const rmsprop = { decay: 0.99, epsilon: 1e-8, epsilonPlacement: 'outside' } as const;

/** The first one is what the others are compared with. */
export const methods: readonly Method[] = [
  {
    key: 'rmsprop',
    name: 'RMSprop',
    colour: '#999999',
    dash: [1, 0],
    create: (params, learningRate) => new RMSprop(params, { ...rmsprop, learningRate }),
  },
  {
    key: 'rmsprop-cosine',
    name: 'RMSprop, cosine',
    colour: '#999999',
    dash: [4, 3],
    create: (params, learningRate) => new RMSprop(params, { ...rmsprop, learningRate }),
    schedule,
  },
  {
    key: 'adam',
    name: 'Adam',
    colour: '#e69f00',
    dash: [1, 0],
    create: (params, learningRate) => new Adam(params, { learningRate }),
  },
  {
    key: 'adamw-cosine',
    name: 'AdamW, cosine',
    colour: '#d55e00',
    dash: [4, 3],
    create: (params, learningRate) => new AdamW(params, { learningRate }),
    schedule(steps) {
      const rising = warmUpOf(steps);
      return schedules.warmUp({ steps: rising, schedule: schedule(steps - rising) });
    },
  },
  {
    key: 'schedule-free',
    name: 'Schedule-Free',
    colour: '#009e73',
    dash: [1, 0],
    averages: true,
    create: (params, learningRate, steps) =>
      new ScheduleFreeRMSprop(params, { learningRate, warmUpSteps: warmUpOf(steps) }),
  },
  {
    key: 'relative-cap',
    name: 'RMSprop, relative cap',
    colour: '#0072b2',
    dash: [4, 3],
    create(params, learningRate) {
      const options = { ...rmsprop, learningRate, biasCorrection: true, relativeCap: true };
      return new RMSprop(params, options);
    },
    schedule,
  },
  {
    key: 'prodigy',
    name: 'Prodigy',
    colour: '#cc79a7',
    dash: [4, 3],
    create: (params, learningRate) => new ProdigyRMSprop(params, { learningRate }),
    schedule,
  },
];
