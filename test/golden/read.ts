import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export type Dtype = 'float32' | 'float64';
export type FloatArray = Float32Array | Float64Array;
export type TensorName = 'weights' | 'bias';
/** One value for each of the two tensors that every case trains. */
export type PerTensor<T> = Record<TensorName, T>;
export type DatasetName = 'ordinary' | 'wide' | 'extreme';
export type StateName =
  | 'squareAverage'
  | 'gradientAverage'
  | 'momentumBuffer'
  | 'maxSquareAverage'
  | 'infinityNorm'
  | 'previousGradient'
  | 'squareSum'
  | 'stepSize'
  | 'squareUpdateAverage';

export type NumberName = 'momentumProduct';

interface GoldenAdamOptions {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  amsgrad: boolean;
  weightDecay: number;
  maximize: boolean;
}

/** The options of each rule, all of them given, in the words of this package. */
export interface GoldenOptions {
  RMSprop: {
    learningRate: number;
    decay: number;
    epsilon: number;
    epsilonPlacement: 'outside';
    momentum: number;
    momentumScaling: 'gradient';
    centered: boolean;
    weightDecay: number;
    maximize: boolean;
  };
  SGD: {
    learningRate: number;
    momentum: number;
    dampening: number;
    nesterov: boolean;
    weightDecay: number;
    maximize: boolean;
  };
  Adam: GoldenAdamOptions;
  Lion: {
    learningRate: number;
    beta1: number;
    beta2: number;
    weightDecay: number;
    weightDecayMode: 'decoupled' | 'l2';
    maximize: boolean;
  };
  Rprop: {
    learningRate: number;
    etaMinus: number;
    etaPlus: number;
    stepMin: number;
    stepMax: number;
    maximize: boolean;
  };
  Adamax: Omit<GoldenAdamOptions, 'amsgrad'>;
  AdamW: GoldenAdamOptions;
  NAdam: Omit<GoldenAdamOptions, 'amsgrad'> & {
    momentumDecay: number;
    weightDecayMode: 'decoupled' | 'l2';
  };
  Adadelta: {
    learningRate: number;
    decay: number;
    epsilon: number;
    weightDecay: number;
    maximize: boolean;
  };
  Adagrad: {
    learningRate: number;
    learningRateDecay: number;
    epsilon: number;
    initialAccumulator: number;
    weightDecay: number;
    maximize: boolean;
  };
}

export type GoldenRule = keyof GoldenOptions;

/** What goes into one optimizer step. */
export interface GoldenStep {
  learningRate: number;
  /** Shared between cases: not to be written. null: no gradient, this tensor is skipped. */
  gradients: PerTensor<FloatArray | null>;
}

interface Case<R extends GoldenRule> {
  /** Unique: rule, options and data. */
  name: string;
  rule: R;
  options: GoldenOptions[R];
  dtype: Dtype;
  dataset: DatasetName;
  /** Whether the learning rate changes on the way. */
  scheduled: boolean;
  /** Whether some gradients are null. */
  skips: boolean;
  /** Fresh copies of the initial parameters, free to be trained in place. */
  initialParams: () => PerTensor<FloatArray>;
  /** steps[0] is the first. */
  steps: GoldenStep[];
  expected: {
    /** Parameters after so many steps; the last entry is after all of them. */
    params: Map<number, PerTensor<FloatArray>>;
    /** State after the last step: the tensors that this variant keeps, and no others. */
    state: Partial<Record<StateName, PerTensor<FloatArray>>>;
    /** Numbers of whole tensors after the last step. */
    numbers: Partial<Record<NumberName, PerTensor<number>>>;
    /** Steps that each tensor took: those with a gradient. */
    step: PerTensor<number>;
  };
}

/** One training run by PyTorch, or of Lion by lion.py. A test of `rule` narrows `options`. */
export type GoldenCase<R extends GoldenRule = GoldenRule> = { [K in R]: Case<K> }[R];

export type Encoded = string;

interface FixtureCase<R extends GoldenRule> {
  name: string;
  rule: R;
  options: GoldenOptions[R];
  dtype: Dtype;
  dataset: DatasetName;
  schedule?: { step: number; learningRate: number }[];
  skipped?: PerTensor<number[]>;
  params: Record<string, PerTensor<Encoded>>;
  state: Partial<Record<StateName, PerTensor<Encoded>>>;
  step: PerTensor<number>;
  numbers?: Partial<Record<NumberName, PerTensor<number>>>;
}

interface Fixture {
  torch: string;
  datasets: Record<
    DatasetName,
    Record<Dtype, { params: PerTensor<Encoded>; gradients: PerTensor<Encoded> }>
  >;
  cases: FixtureCase<GoldenRule>[];
}

interface Dataset {
  params: PerTensor<FloatArray>;
  /** One entry for each step. */
  gradients: PerTensor<FloatArray>[];
}

export function decode(text: Encoded, dtype: Dtype): FloatArray {
  const bytes = Buffer.from(text, 'base64');
  if (dtype === 'float32') {
    return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
  }
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i));
}

function perTensor<T>(make: (name: TensorName) => T): PerTensor<T> {
  return { weights: make('weights'), bias: make('bias') };
}

function decodeAll(texts: PerTensor<Encoded>, dtype: Dtype): PerTensor<FloatArray> {
  return perTensor((name) => decode(texts[name], dtype));
}

function readDataset(fixture: Fixture, name: DatasetName, dtype: Dtype): Dataset {
  const encoded = fixture.datasets[name][dtype];
  const params = decodeAll(encoded.params, dtype);
  const rows = decodeAll(encoded.gradients, dtype);
  const steps = rows.bias.length / params.bias.length;
  const gradients = Array.from({ length: steps }, (_, step) =>
    perTensor((tensor) => {
      const lanes = params[tensor].length;
      return rows[tensor].subarray(step * lanes, (step + 1) * lanes);
    }),
  );
  return { params, gradients };
}

function readSteps(encoded: FixtureCase<GoldenRule>, dataset: Dataset): GoldenStep[] {
  let { learningRate } = encoded.options;
  return dataset.gradients.map((gradients, index) => {
    const step = index + 1;
    const change = encoded.schedule?.find((candidate) => candidate.step === step);
    learningRate = change?.learningRate ?? learningRate;
    const present = (name: TensorName) => !encoded.skipped?.[name].includes(step);
    return {
      learningRate,
      gradients: perTensor((name) => (present(name) ? gradients[name] : null)),
    };
  });
}

function readCase(encoded: FixtureCase<GoldenRule>, dataset: Dataset): GoldenCase {
  const { name, rule, options, dtype, step, numbers = {} } = encoded;
  const params = Object.entries(encoded.params).map(
    ([after, texts]) => [Number(after), decodeAll(texts, dtype)] as const,
  );
  const state = Object.entries(encoded.state).map(
    ([key, texts]) => [key, decodeAll(texts, dtype)] as const,
  );
  return {
    name,
    rule,
    options,
    dtype,
    dataset: encoded.dataset,
    scheduled: encoded.schedule !== undefined,
    skips: encoded.skipped !== undefined,
    initialParams: () => perTensor((tensor) => dataset.params[tensor].slice()),
    steps: readSteps(encoded, dataset),
    expected: { params: new Map(params), state: Object.fromEntries(state), numbers, step },
  } as GoldenCase; // rule and options belong together in the file
}

/** Reads every case of pytorch.json.gz, or those of the given rules. */
export function readGoldenCases<R extends GoldenRule = GoldenRule>(...rules: R[]): GoldenCase<R>[] {
  const file = readFileSync(join(__dirname, 'pytorch.json.gz'));
  const fixture: Fixture = JSON.parse(gunzipSync(file).toString());
  const datasets = new Map<string, Dataset>();
  return fixture.cases
    .filter((encoded) => rules.length === 0 || (rules as GoldenRule[]).includes(encoded.rule))
    .map((encoded) => {
      const key = `${encoded.dataset} ${encoded.dtype}`;
      const dataset = datasets.get(key) ?? readDataset(fixture, encoded.dataset, encoded.dtype);
      datasets.set(key, dataset);
      return readCase(encoded, dataset) as GoldenCase<R>;
    });
}
