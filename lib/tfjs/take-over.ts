import { add, backend, Optimizer, tidy } from '@tensorflow/tfjs-core';
import { failure, show } from '../errors.js';
import type { VariableOptimizer } from './optimizer.js';
import { AdadeltaOptimizer } from './optimizers/adadelta.js';
import { AdagradOptimizer } from './optimizers/adagrad.js';
import { AdamOptimizer } from './optimizers/adam.js';
import { AdamaxOptimizer } from './optimizers/adamax.js';
import { MomentumOptimizer } from './optimizers/momentum.js';
import { RMSPropOptimizer } from './optimizers/rmsprop.js';
import { SGDOptimizer } from './optimizers/sgd.js';
import type { NamedTensor } from './weights.js';

/** What an optimizer of tf.train is here. */
interface Like {
  /** Its arguments, by the names in its configuration. */
  readonly arguments: readonly string[];
  readonly Class: unknown;
  /** The state that here has epsilon in it, and there gets it where it is used. */
  readonly plusEpsilon?: string;
}

const likes: { readonly [className: string]: Like } = {
  RMSProp: {
    arguments: ['learningRate', 'decay', 'momentum', 'epsilon', 'centered'],
    Class: RMSPropOptimizer,
  },
  SGD: { arguments: ['learningRate'], Class: SGDOptimizer },
  Momentum: { arguments: ['learningRate', 'momentum', 'useNesterov'], Class: MomentumOptimizer },
  Adam: { arguments: ['learningRate', 'beta1', 'beta2', 'epsilon'], Class: AdamOptimizer },
  Adamax: {
    arguments: ['learningRate', 'beta1', 'beta2', 'epsilon', 'decay'],
    Class: AdamaxOptimizer,
    plusEpsilon: 'v',
  },
  Adagrad: {
    arguments: ['learningRate', 'initialAccumulatorValue'],
    Class: AdagradOptimizer,
    plusEpsilon: 'accumulator',
  },
  Adadelta: { arguments: ['learningRate', 'rho', 'epsilon'], Class: AdadeltaOptimizer },
};

/**
 * An optimizer of this package that goes on where one of tf.train stands: `model.optimizer = await takeOver(model.optimizer)`.
 * The other one is left as it is; who does not need it any more disposes of it.
 *
 * @returns a promise that rejects with TypeError ERR_INVALID_OPTION for what is no optimizer of tf.train
 */
export async function takeOver(optimizer: Optimizer): Promise<VariableOptimizer> {
  const isObject = typeof optimizer === 'object' && optimizer !== null;
  const name = isObject && optimizer instanceof Optimizer ? optimizer.getClassName() : undefined;
  const like = name !== undefined && Object.hasOwn(likes, name) ? likes[name] : undefined;
  if (!like) {
    const expected = `optimizer to be one of tf.train: ${Object.keys(likes).join(', ')}`;
    throw failure(TypeError, 'ERR_INVALID_OPTION', expected, show(name ?? optimizer));
  }
  const config = optimizer.getConfig();
  const values = like.arguments.map((argument) => config[argument]);
  const Class = like.Class as new (...values: unknown[]) => VariableOptimizer;
  const taken = new Class(...values);
  const epsilon = (config.epsilon as number | undefined) ?? backend().epsilon();
  const weights = await weightsOf(optimizer);
  const changed: NamedTensor[] = weights.map(({ name, tensor }) => {
    const plus = name.slice(name.lastIndexOf('/') + 1) === like.plusEpsilon;
    return { name, tensor: plus ? tidy(() => add(tensor, epsilon)) : tensor };
  });
  try {
    await taken.setWeights(changed);
  } finally {
    // The iterations are in a tensor that was made for the call; the states belong to the optimizer.
    weights[0]?.tensor.dispose();
    for (const [i, { tensor }] of changed.entries()) {
      if (tensor !== weights[i]?.tensor) tensor.dispose();
    }
  }
  return taken;
}

type States = { originalName: string; variable: NamedTensor['tensor'] }[];

/** What getWeights gives, or would give: that of Adamax is not written. */
async function weightsOf(optimizer: Optimizer): Promise<NamedTensor[]> {
  const { accumulatedFirstMoment: means, accumulatedWeightedInfNorm: norms } =
    optimizer as unknown as { [states: string]: States | undefined };
  if (!means || !norms) return optimizer.getWeights();
  const states = [...means, ...norms];
  return [
    await optimizer.saveIterations(),
    ...states.map(({ originalName, variable }) => ({ name: originalName, tensor: variable })),
  ];
}
