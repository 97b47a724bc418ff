/** What the compiler must refuse: `npm run types` fails where a line that should not compile does. Nothing here runs. */
import {
  Adadelta,
  type AdadeltaOptions,
  Adagrad,
  type AdagradOptions,
  Adam,
  Adamax,
  type AdamaxOptions,
  type AdamOptions,
  AdamW,
  type AdamWOptions,
  configure,
  type Gradients,
  type Group,
  Lion,
  type LionOptions,
  loadCheckpoint,
  loadPyTorchState,
  NAdam,
  type NAdamOptions,
  ProdigyRMSprop,
  type ProdigyRMSpropOptions,
  presets,
  RMSprop,
  type RMSpropOptions,
  Rprop,
  type RpropOptions,
  ScheduleFreeAdamW,
  type ScheduleFreeAdamWOptions,
  ScheduleFreeRMSprop,
  type ScheduleFreeRMSpropOptions,
  Scheduler,
  SGD,
  type SGDOptions,
  type Strict,
  saveCheckpoint,
  savePyTorchState,
  schedules,
} from '../lib/index.js';

const w = new Float32Array(1);
const b = new Float64Array(1);
const u = new Uint16Array(1);
const record = { w, b };

interface Model {
  w: Float32Array;
  b: Float64Array;
}
class Net implements Model {
  w = w;
  b = b;
}
class Layer extends Net {
  forward(x: number) {
    return x;
  }
}

type Misspelt = { params: Float32Array; lr: number };
/** What the compiler says of lr. */
export const sentence: Strict<Misspelt[], RMSpropOptions>[0]['lr'] =
  'lr is not an option of a group of this optimizer';

/** A function for all parameters that the class takes. */
function train<P extends object>(params: Strict<P, AdamWOptions>, gradients: Gradients<P>) {
  const optimizer = new AdamW<P>(params, { learningRate: 0.1 });
  optimizer.step(gradients);
  return optimizer;
}

type AllOptions = AdadeltaOptions &
  AdagradOptions &
  AdamOptions &
  AdamaxOptions &
  AdamWOptions &
  LionOptions &
  NAdamOptions &
  ProdigyRMSpropOptions &
  RMSpropOptions &
  RpropOptions &
  ScheduleFreeRMSpropOptions &
  SGDOptions &
  ScheduleFreeAdamWOptions;

/** Undefined means the default, also where `exactOptionalPropertyTypes` does not let what is optional be undefined. */
export function unset(options: { [K in keyof AllOptions]-?: undefined }, maybe?: number) {
  new Adadelta(w, options);
  new Adagrad(w, options);
  new Adam(w, options);
  new Adamax(w, options);
  new AdamW(w, options);
  new Lion(w, options);
  new NAdam(w, options);
  new ProdigyRMSprop(w, options);
  new RMSprop(w, options);
  new Rprop(w, options);
  new ScheduleFreeAdamW(w, options);
  new ScheduleFreeRMSprop(w, options);
  new SGD(w, options);
  new SGD([{ params: w, weightDecay: maybe }]);
  schedules.cosine({ steps: 10, minimum: maybe });
  configure({ threads: maybe });
}

export function refused() {
  // @ts-expect-error PyTorch's name
  new RMSprop(w, { alpha: 0.9 });
  // @ts-expect-error an option of Adam
  new RMSprop(w, { beta1: 0.9 });
  // @ts-expect-error an option of RMSprop
  new Adam(w, { decay: 0.9 });
  // @ts-expect-error an option of RMSprop
  new SGD(w, { centered: true });
  // @ts-expect-error AdamW's weight decay is decoupled
  new AdamW(w, { weightDecayMode: 'l2' });
  // @ts-expect-error a word that is not offered
  new RMSprop(w, { epsilonPlacement: 'middle' });
  // @ts-expect-error a string for a number
  new RMSprop(w, { learningRate: '0.1' });
  // @ts-expect-error not a floating-point array
  new RMSprop(new Int32Array(1));
  // @ts-expect-error a plain array
  new RMSprop([1, 2, 3]);
  // @ts-expect-error an option of another rule in a group
  new SGD([{ params: w, beta1: 0.9 }]);
  new RMSprop([
    {
      params: record,
      // @ts-expect-error PyTorch's name in a group; the lines around it are not wrong
      lr: 1,
      learningRate: 1,
    },
    { params: w },
  ]);
  new RMSprop([
    {
      params: {
        // @ts-expect-error not a floating-point array; the others are
        n: new Int32Array(1),
        w,
      },
      decay: 0.5,
    },
  ]);
  // @ts-expect-error an option that holds for all groups
  new RMSprop([{ params: w, clipGlobalNorm: 1 }]);

  // @ts-expect-error a number among the tensors
  new SGD({ w, count: 1 });
  // @ts-expect-error a string for a number in a group
  new SGD([{ params: w, learningRate: 'x' }]);

  const optimizer = new RMSprop(record);
  // @ts-expect-error a missing gradient
  optimizer.step({ w });
  // @ts-expect-error a name too many
  optimizer.step({ w, b, c: w });
  // @ts-expect-error another type than the parameter's
  optimizer.step({ w: b, b });
  // @ts-expect-error a list for a record
  optimizer.step([w, b]);
  // @ts-expect-error no such hyperparameter
  optimizer.lr = 1;
  // @ts-expect-error only for the start
  optimizer.initialSquareAverage = 1;
  // @ts-expect-error only for the start
  optimizer.stateType = 'uint8';
  // @ts-expect-error only for the start
  new Adam(w).dtype = 'float16';
  // @ts-expect-error a word that is not offered
  new Adam(w, { dtype: 'float32' });
  // @ts-expect-error a Float32Array for 16 bits
  new SGD(u, { dtype: 'bfloat16' }).step(w);
  // @ts-expect-error undefined is no skipped gradient
  optimizer.step({ w, b: undefined });
  const grouped = new SGD([{ params: { w } }]);
  // @ts-expect-error an option of another rule
  grouped.addGroup({ params: b, beta1: 0.9 });
  grouped.addGroup({
    params: b,
    // @ts-expect-error PyTorch's name; the other lines are not wrong
    lr: 1,
    learningRate: 1,
  });
  // @ts-expect-error no params
  grouped.addGroup({ learningRate: 1 });
  // @ts-expect-error not a floating-point array
  grouped.addGroup({ params: { n: new Int32Array(1) } });
  // @ts-expect-error a gradient of the new group is missing
  grouped.addGroup({ params: { head: b } }).step([{ w }]);
  // @ts-expect-error no list of groups
  optimizer.addGroup({ params: b });
  const layer = new SGD(new Layer());
  // @ts-expect-error a gradient of a method
  layer.step({ w, b, forward: null });
  // @ts-expect-error a method
  layer.stepTensor('forward', w);
  // @ts-expect-error methods only: PyTorch's parameters() is a generator, too
  new SGD([w].values());
  // @ts-expect-error a promise
  new SGD(Promise.resolve(w));
  // @ts-expect-error a number among the tensors
  train({ n: 1 }, { n: null });
  // @ts-expect-error a missing gradient
  train(record, { w });
  // @ts-expect-error not an optimizer
  saveCheckpoint('file', { optimizer: { groups: [] } });
  // @ts-expect-error a plain array
  loadCheckpoint('file', { optimizer, tensors: { mean: [1] } });
  // @ts-expect-error an option of saveCheckpoint
  optimizer.save('file', { metadata: {} });
}

export function accepted() {
  new RMSprop(record, { ...presets.pytorch, learningRate: 0.1 }).step({ w, b: null });
  new RMSprop([w, b]).step([w, b]);
  new RMSprop(w).step(null);
  const model: Model = new Net();
  new SGD(model).step({ w, b });
  new SGD(new Net(), { momentum: 0.9 }).step({ w, b: null });
  const layer = new SGD(new Layer());
  layer.step({ w, b });
  layer.step(new Layer());
  layer.stepTensor('w', w);
  new SGD([{ params: new Layer(), momentum: 0.9 }]).step([{ w, b: null }]);
  train(new Layer(), { w, b: null }).beta1 = 0.5;
  train([{ params: w, epsilon: 0 }], [w]).groups[0]?.epsilon;
  const dynamic: { [name: string]: Float32Array } = { w };
  new Adam(dynamic).step(dynamic);
  const groups = new AdamW([{ params: w, learningRate: 1 }, { params: [w] }, { params: record }]);
  groups.step([w, [w], { w, b }]);
  const seeded = new RMSprop({ u, w }, { dtype: 'bfloat16', stateType: 'uint8' });
  seeded.step({ u, w: null });
  seeded.seed = 3;
  saveCheckpoint(new URL('file:///file'), { optimizer: seeded, tensors: { w }, metadata: [1] });
  loadCheckpoint<number[]>('file', { optimizer: groups, onProgress: ({ bytes }) => bytes });
  savePyTorchState('file', { optimizer: groups, signal: AbortSignal.timeout(1) });
  loadPyTorchState(new URL('file:///file'), { optimizer: seeded });
  saveCheckpoint('file', { optimizer: new SGD(w) });
  savePyTorchState('file', { optimizer: new Adam([w, b]) });
  new Scheduler(new SGD(w), schedules.cosine({ steps: 10 }));
  groups.save('file', { signal: AbortSignal.timeout(1) });
  const grown = new RMSprop([{ params: { w } }]).addGroup({ params: [b], decay: 0.5 });
  grown.step([{ w }, [b]]);
  grown.learningRate = 1;
  grown.addGroup({ params: record }).step([{ w: null }, [b], { w, b }]);
  const open: Group<SGDOptions>[] = [{ params: w }];
  const any = new SGD(open);
  any.addGroup({ params: { b } });
  any.step([w, { b }]);
  saveCheckpoint('file', { optimizer: grown });
  const rate: number | undefined = groups.groups[0]?.learningRate;
  return rate;
}
