import { jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { readFlights } from '../../../examples/flights/read.mts';
import { Random } from '../../../examples/random.mts';
import { type Arrays, Differentiable, zeros } from '../differentiable.mts';
import type { Task } from '../task.mts';

const BATCH = 128;
const WIDTH = 8;
const features = ['carrier', 'origin', 'dest', 'hour', 'day, origin'] as const;

/** The cross-entropy of lateness [count, 1] under a network whose inputs [count, inputs] are 0 or 1. */
function loss(p: Arrays, inputs: np.Array, late: np.Array): np.Array {
  const hidden = np.tanh(np.dot(inputs, p.table).add(p.bias));
  const score = np.dot(hidden, p.out).add(p.outBias);
  // log(1 + exp(score)) - score * late
  const scores = nn.softplus(score.ref).sub(score.mul(late));
  return scores.mean();
}

const [lossAndGradients, evaluate] = [jit(valueAndGrad(loss)), jit(loss)];

interface Data {
  readonly inputs: Float32Array;
  readonly late: Float32Array;
  readonly width: number;
  readonly count: number;
}
let data: Data | undefined;

/** The flights, each with a 1 in the column of each of its categories. */
function read(): Data {
  if (data) return data;
  const flights = readFlights();
  const columns = new Map<string, number>();
  const column = (name: string) => {
    columns.set(name, columns.get(name) ?? columns.size);
    return columns.get(name) as number;
  };
  const places = flights.map((flight) =>
    features.map((name) => column(`${name}: ${flight.features[name]}`)),
  );
  const [width, count] = [columns.size, flights.length];
  const inputs = new Float32Array(count * width);
  for (const [i, row] of places.entries()) for (const k of row) inputs[i * width + k] = 1;
  const late = Float32Array.from(flights, (flight) => (flight.late ? 1 : 0));
  data = { inputs, late, width, count };
  return data;
}

/** Which flights come late: an embedding of categories, of which most batches have few. */
export const flights: Task = {
  name: 'flights',
  about: 'late flights from categories, an embedding and a hidden layer',
  steps: 400,
  start(seed) {
    const random = new Random(seed);
    const { inputs, late, width, count } = read();
    const order = random.permutation(count);
    const [test, train] = [order.subarray(0, 4000), order.subarray(4000)];
    const pick = (places: Uint32Array): np.Array[] => {
      const own = new Float32Array(places.length * width);
      for (const [i, place] of places.entries()) {
        own.set(inputs.subarray(place * width, (place + 1) * width), i * width);
      }
      return [
        np.array(own, { shape: [places.length, width] }),
        np.array(
          Float32Array.from(places, (place) => late[place]),
          { shape: [places.length, 1] },
        ),
      ];
    };
    const model = new Differentiable(
      {
        table: { values: random.weights(width * WIDTH, 0.5), shape: [width, WIDTH] },
        bias: zeros(WIDTH),
        out: { values: random.weights(WIDTH, 1 / Math.sqrt(WIDTH)), shape: [WIDTH, 1] },
        outBias: zeros(1),
      },
      lossAndGradients,
      evaluate,
    );
    let next = 0;
    return {
      parameters: model.parameters,
      gradients() {
        next = (next + BATCH) % (train.length - BATCH);
        return model.gradients(...pick(train.subarray(next, next + BATCH)));
      },
      testLoss: () => model.loss(...pick(test)),
    };
  },
};
