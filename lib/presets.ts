import type { RMSpropOptions } from './rules/index.js';

/**
 * What other frameworks call RMSprop, as options: `new RMSprop(params, { ...presets.pytorch, learningRate: 0.01 })`.
 * Where a framework has no default for the learning rate, neither has its preset.
 */
export const presets = {
  /** torch.optim.RMSprop: https://github.com/pytorch/pytorch, torch/optim/rmsprop.py */
  pytorch: {
    learningRate: 0.01,
    decay: 0.99,
    epsilon: 1e-8,
    epsilonPlacement: 'outside',
    momentumScaling: 'gradient',
    weightDecayMode: 'l2',
  },
  /** keras.optimizers.RMSprop of Keras 3: keras/src/optimizers/rmsprop.py */
  keras: {
    learningRate: 0.001,
    decay: 0.9,
    epsilon: 1e-7,
    epsilonPlacement: 'inside',
    momentumScaling: 'update',
    weightDecayMode: 'decoupled',
  },
  /** tf.compat.v1.train.RMSPropOptimizer: the average starts from 1. */
  tensorflow1: {
    decay: 0.9,
    epsilon: 1e-10,
    epsilonPlacement: 'inside',
    momentumScaling: 'update',
    initialSquareAverage: 1,
  },
  /** tf.train.rmsprop of TensorFlow.js: tfjs-core/src/optimizers/rmsprop_optimizer.ts */
  tfjs: { decay: 0.9, epsilon: 1e-7, epsilonPlacement: 'inside', momentumScaling: 'update' },
  /** optax.rmsprop: optax/_src/alias.py */
  optax: { decay: 0.9, epsilon: 1e-8, epsilonPlacement: 'inside', momentumScaling: 'update' },
  /** RMSpropTF of timm: timm/optim/rmsprop_tf.py */
  timm: {
    learningRate: 0.01,
    decay: 0.9,
    epsilon: 1e-10,
    epsilonPlacement: 'inside',
    momentumScaling: 'update',
    initialSquareAverage: 1,
    weightDecayMode: 'l2',
  },
  /** RMSpropTFLike of Stable-Baselines3: stable_baselines3/common/sb2_compat/rmsprop_tf_like.py */
  stableBaselines3: {
    learningRate: 0.01,
    decay: 0.99,
    epsilon: 1e-8,
    epsilonPlacement: 'inside',
    momentumScaling: 'gradient',
    initialSquareAverage: 1,
    weightDecayMode: 'l2',
  },
} as const satisfies Record<string, RMSpropOptions>;

for (const preset of Object.values(presets)) Object.freeze(preset);
Object.freeze(presets);
