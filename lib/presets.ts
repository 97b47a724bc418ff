import type { RMSpropOptions, ScheduleFreeAdamWOptions } from './rules/index.js';

/**
 * What other frameworks call RMSprop, as options: `new RMSprop(params, { ...presets.pytorch, learningRate: 0.01 })`. Each has
 * its framework's defaults, and where the framework has no default for the learning rate, neither has the preset.
 *
 * `pytorch` and, unless centred, `stableBaselines3` give the framework's bits; the other frameworks round elsewhere.
 * docs/presets.md says how near they come, and what was compared. `algoPerf` is none of these: it is for ScheduleFreeAdamW.
 */
export const presets = {
  /** torch.optim.RMSprop: torch/optim/rmsprop.py. Its loop over tensors, `foreach=False`, bit for bit. */
  pytorch: {
    learningRate: 0.01,
    decay: 0.99,
    epsilon: 1e-8,
    epsilonPlacement: 'outside',
    momentumScaling: 'gradient',
    weightDecayMode: 'l2',
  },
  /** keras.optimizers.RMSprop of Keras 3: keras/src/optimizers/rmsprop.py. Decays weights before the step. */
  keras: {
    learningRate: 0.001,
    decay: 0.9,
    epsilon: 1e-7,
    epsilonPlacement: 'inside',
    momentumScaling: 'update',
    weightDecayMode: 'decoupled',
  },
  /**
   * tf.compat.v1.train.RMSPropOptimizer: tensorflow/python/training/rmsprop.py, and the raw operations ApplyRMSProp and
   * ApplyCenteredRMSProp. The average of squares starts from 1.
   */
  tensorflow1: {
    decay: 0.9,
    epsilon: 1e-10,
    epsilonPlacement: 'inside',
    momentumScaling: 'update',
    initialSquareAverage: 1,
  },
  /**
   * tf.train.rmsprop of TensorFlow.js: tfjs-core/src/optimizers/rmsprop_optimizer.ts. Its centred form subtracts epsilon
   * from the variance, which is NaN for small gradients; no option does that, and `centered` here adds it.
   */
  tfjs: { decay: 0.9, epsilon: 1e-7, epsilonPlacement: 'inside', momentumScaling: 'update' },
  /**
   * optax.rmsprop: optax/_src/alias.py. `eps_in_sqrt=False` is `epsilonPlacement: 'outside'`, `initial_scale`
   * `initialSquareAverage`, `bias_correction` `biasCorrection`, `nesterov` the same.
   */
  optax: {
    decay: 0.9,
    epsilon: 1e-8,
    epsilonPlacement: 'inside',
    momentumScaling: 'update',
    biasCorrection: false,
  },
  /**
   * RMSpropTF of timm: timm/optim/rmsprop_tf.py. `lr_in_momentum=False` is `momentumScaling: 'gradient'`,
   * `decoupled_decay=True` `weightDecayMode: 'decoupled'`. Its `caution` and `corrected_weight_decay` have no like here.
   */
  timm: {
    learningRate: 0.01,
    decay: 0.9,
    epsilon: 1e-10,
    epsilonPlacement: 'inside',
    momentumScaling: 'update',
    initialSquareAverage: 1,
    weightDecayMode: 'l2',
  },
  /** RMSpropTFLike of Stable-Baselines3: stable_baselines3/common/sb2_compat/rmsprop_tf_like.py. Bit for bit unless centred. */
  stableBaselines3: {
    learningRate: 0.01,
    decay: 0.99,
    epsilon: 1e-8,
    epsilonPlacement: 'inside',
    momentumScaling: 'gradient',
    initialSquareAverage: 1,
    weightDecayMode: 'l2',
  },
  /** mxnet.optimizer.RMSProp of MXNet 2, not centred: python/mxnet/optimizer/rmsprop.py. It has no momentum. */
  mxnet: {
    learningRate: 0.001,
    decay: 0.9,
    epsilon: 1e-8,
    epsilonPlacement: 'outside',
    weightDecayMode: 'l2',
  },
  /** The same with `centered=True`, where MXNet 2 moves epsilon inside the root and always has momentum. */
  mxnetCentered: {
    learningRate: 0.001,
    decay: 0.9,
    epsilon: 1e-8,
    epsilonPlacement: 'inside',
    momentum: 0.9,
    momentumScaling: 'update',
    centered: true,
    weightDecayMode: 'l2',
  },
  /**
   * chainer.optimizers.RMSprop: chainer/optimizers/rmsprop.py. `eps_inside_sqrt=True` is `epsilonPlacement: 'inside'`, the
   * hook WeightDecay `weightDecay`. Chainer's RMSpropGraves is `graves`.
   */
  chainer: {
    learningRate: 0.01,
    decay: 0.99,
    epsilon: 1e-8,
    epsilonPlacement: 'outside',
    weightDecayMode: 'l2',
  },
  /**
   * The variant of Graves, arXiv:1308.0850, equations 38 to 45: centred, with momentum. As RMSpropGraves of Chainer:
   * chainer/optimizers/rmsprop_graves.py.
   */
  graves: {
    learningRate: 1e-4,
    decay: 0.95,
    epsilon: 1e-4,
    epsilonPlacement: 'inside',
    momentum: 0.9,
    momentumScaling: 'update',
    centered: true,
    weightDecayMode: 'l2',
  },
  /**
   * RmsProp of Deeplearning4j: org/nd4j/linalg/learning/RmsPropUpdater.java. The average of squares starts from epsilon: who
   * changes one must change both.
   */
  deeplearning4j: {
    learningRate: 0.1,
    decay: 0.95,
    epsilon: 1e-8,
    epsilonPlacement: 'outside',
    initialSquareAverage: 1e-8,
    weightDecayMode: 'l2',
  },
  /** RMSProp of Optimisers.jl, which Flux uses: src/rules.jl. Without momentum. */
  optimisersJl: { learningRate: 0.001, decay: 0.9, epsilon: 1e-8, epsilonPlacement: 'outside' },
  /** RmsProp of burn: crates/burn-core/src/optim/rmsprop.rs. Has momentum by default. */
  burn: {
    decay: 0.99,
    epsilon: 1e-5,
    epsilonPlacement: 'outside',
    momentum: 0.9,
    momentumScaling: 'gradient',
    weightDecayMode: 'l2',
  },
  /** paddle.optimizer.RMSProp: python/paddle/optimizer/rmsprop.py, paddle/phi/kernels/impl/rmsprop_kernel_impl.h */
  paddle: {
    decay: 0.95,
    epsilon: 1e-6,
    epsilonPlacement: 'inside',
    momentumScaling: 'update',
    weightDecayMode: 'l2',
  },
  /** mlx.optimizers.RMSprop: python/mlx/optimizers/optimizers.py. Neither momentum nor weight decay. */
  mlx: { decay: 0.99, epsilon: 1e-8, epsilonPlacement: 'outside' },
  /** RMSPropSolver of Caffe: src/caffe/solvers/rmsprop_solver.cpp. Without momentum. */
  caffe: { decay: 0.99, epsilon: 1e-8, epsilonPlacement: 'outside', weightDecayMode: 'l2' },
  /**
   * For {@link ScheduleFreeAdamW}: the settings of the Schedule-Free AdamW that won the self-tuning track of AlgoPerf 2024, for
   * all of its workloads: HPARAMS of schedulefree/algoperf/self_tuning/schedule_free_adamw/submission.py in
   * facebookresearch/schedule_free. It warmed up over 2 % of the steps that it expected to make, which is up to
   * `warmUpSteps`; it decayed weights at the average and put the bias correction into the rate, which the published optimizer
   * does not.
   */
  algoPerf: {
    learningRate: 0.0025,
    beta1: 0.9,
    beta2: 0.9955159689799007,
    weightDecay: 0.08121616522670176,
    r: 0.75,
    weightLrPower: 2,
  },
} as const satisfies Record<string, RMSpropOptions | ScheduleFreeAdamWOptions>;

for (const preset of Object.values(presets)) Object.freeze(preset);
Object.freeze(presets);
