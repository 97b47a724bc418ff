import * as tf from '@tensorflow/tfjs-core';
import { train, type VariableOptimizer } from '../../lib/tfjs/index.js';
import { optimizers } from '../../lib/tfjs/optimizers/index.js';

type MakerOfOptions = (options: object) => VariableOptimizer;

/** What makes the optimizer of a rule, of this name. */
export function makerOf(rule: string): MakerOfOptions {
  const entries = Object.entries(optimizers);
  const [name] = entries.find(([, { className }]) => className === `rmsprop/tfjs/${rule}`) ?? [];
  return (train as unknown as Record<string, MakerOfOptions>)[name as string] as MakerOfOptions;
}

/** What a formula remembers of one number of a variable; 0 at first. */
type Memory = { t: number; a: number; b: number };

/** An optimizer that tf.train has, too. */
export interface TrainCase {
  name: 'rmsprop' | 'sgd' | 'momentum' | 'adam' | 'adamax' | 'adagrad';
  args: number[] | unknown[];
  /** The change of a number with this gradient, in float64: the formula of the paper, with the epsilon of TensorFlow.js. */
  change(g: number, m: Memory): number;
  /** The names of the states that are saved. */
  states: string[];
}

const EPSILON = 1e-7;

export const trainCases: TrainCase[] = [
  { name: 'sgd', args: [0.1], change: (g) => -0.1 * g, states: [] },
  {
    name: 'momentum',
    args: [0.1, 0.5],
    change(g, m) {
      m.a = 0.5 * m.a + g;
      return -0.1 * m.a;
    },
    states: ['momentum'],
  },
  {
    name: 'momentum',
    args: [0.1, 0.5, true],
    change(g, m) {
      m.a = 0.5 * m.a + g;
      return -0.1 * (g + 0.5 * m.a);
    },
    states: ['momentum'],
  },
  {
    name: 'rmsprop',
    args: [0.1, 0.95],
    change(g, m) {
      m.a = 0.95 * m.a + 0.05 * g * g;
      return (-0.1 * g) / Math.sqrt(m.a + EPSILON);
    },
    states: ['rms'],
  },
  {
    name: 'rmsprop',
    args: [0.1, 0.95, 0.1],
    change(g, m) {
      m.a = 0.95 * m.a + 0.05 * g * g;
      m.b = 0.1 * m.b + (0.1 * g) / Math.sqrt(m.a + EPSILON);
      return -m.b;
    },
    states: ['rms', 'momentum'],
  },
  {
    name: 'rmsprop',
    args: [0.1, 0.95, 0, 1e-3, true],
    change(g, m) {
      m.a = 0.95 * m.a + 0.05 * g * g;
      m.b = 0.95 * m.b + 0.05 * g;
      return (-0.1 * g) / Math.sqrt(m.a - m.b * m.b + 1e-3);
    },
    states: ['rms', 'mg'],
  },
  {
    name: 'adam',
    args: [0.1, 0.8, 0.9],
    change(g, m) {
      m.t++;
      m.a = 0.8 * m.a + 0.2 * g;
      m.b = 0.9 * m.b + 0.1 * g * g;
      const root = Math.sqrt(m.b / (1 - 0.9 ** m.t));
      return ((-0.1 * m.a) / (1 - 0.8 ** m.t)) * (1 / (root + EPSILON));
    },
    states: ['m', 'v'],
  },
  {
    name: 'adamax',
    args: [0.1, 0.8, 0.9, null, 0.1],
    change(g, m) {
      const rate = 0.1 / (1 + 0.1 * m.t);
      m.t++;
      m.a = 0.8 * m.a + 0.2 * g;
      m.b = Math.max(0.9 * m.b, Math.abs(g));
      return ((-rate / (1 - 0.8 ** m.t)) * m.a) / (m.b + EPSILON);
    },
    states: ['m', 'v'],
  },
  {
    name: 'adagrad',
    args: [0.1, 0.1],
    change(g, m) {
      m.a += g * g;
      return (-0.1 * g) / Math.sqrt(0.1 + m.a + EPSILON);
    },
    states: ['accumulator'],
  },
];

/** The numbers after each of so many steps down the squares from `start`. */
export function follow({ change }: TrainCase, start: number[], steps: number): number[][] {
  const memories = start.map((): Memory => ({ t: 0, a: 0, b: 0 }));
  let values = start;
  return Array.from({ length: steps }, () => {
    values = values.map((x, i) => x + change(2 * x, memories[i] as Memory));
    return values;
  });
}

type Maker = (...args: unknown[]) => tf.Optimizer;
export const ours = ({ name, args }: TrainCase) => (train[name] as unknown as Maker)(...args);
export const theirs = ({ name, args }: TrainCase) =>
  (tf.train[name] as unknown as Maker).apply(tf.train, args);
