/**
 * Object detection: finds articles of clothing in scenes that are composed of pictures of Fashion-MNIST, and says what they
 * are. In two stages, as R-CNN (Girshick et al., arXiv:1311.2524): a convolutional network proposes boxes, and the network of
 * `npm run images` looks at what is in each. jax-js computes the gradients of both, RMSprop the steps.
 * `npm run detection -- --help` lists the options.
 */
import { jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { RMSprop, Scheduler, schedules } from 'rmsprop';
import { wrap } from 'rmsprop/jax';
import { run } from './application.mts';
import { argmax } from './argmax.mts';
import { CLASSES, createClassifier, SIDE as LOOK, scores } from './classifier.mts';
import { convolution } from './convolution.mts';
import { type Dataset, datasets, fashionSubset } from './datasets.mts';
import { Random } from './random.mts';
import { APART, type Box, composeScene, overlap, resample, type Scene, SIDE } from './scenes.mts';
import { he } from './weights.mts';

const BATCH = 32;
/** The first convolution has a window of so many pixels, with this many from one to the next. */
const WINDOW = 8;
const STEP = 4;
/** Each cell of a grid over the scene finds the item whose middle it holds; no cell holds two. */
const CELL = APART;
const GRID = SIDE / CELL;
const CELLS = GRID * GRID;
/** Whether there is one, its middle within the cell, the logarithms of its width and height in cells. */
const OUTPUTS = 1 + 2 + 2;
/** Items that are looked at at once: about as many as a batch of scenes has. */
const LOOKS = 64;

const createNetwork = (random: Random) => ({
  proposer: {
    conv1: layer(random, WINDOW * WINDOW, 32),
    conv2: layer(random, 3 * 3 * 32, 32),
    conv3: layer(random, 3 * 3 * 32, 48),
    conv4: layer(random, 3 * 3 * 48, 64),
    head: layer(random, 64, OUTPUTS),
  },
  classifier: createClassifier(random),
});
type Network = ReturnType<typeof createNetwork>;

function layer(random: Random, inputs: number, outputs: number) {
  return { kernel: he(random, inputs, outputs), bias: np.zeros([outputs]) };
}

/** What each cell says, [count, CELLS, OUTPUTS], of the windows of some scenes. */
function propose({ conv1, conv2, conv3, conv4, head }: Network['proposer'], windows: np.Array) {
  let x = nn.relu(np.dot(windows, conv1.kernel).add(conv1.bias));
  x = x.reshape([-1, SIDE / STEP, SIDE / STEP, 32]);
  x = nn.relu(convolution(x, conv2.kernel, 3).add(conv2.bias));
  x = nn.relu(convolution(x, conv3.kernel, 3).add(conv3.bias));
  x = nn.relu(convolution(x, conv4.kernel, 3, 1).add(conv4.bias));
  x = np.dot(x.reshape([-1, 64]), head.kernel).add(head.bias);
  return x.reshape([-1, CELLS, OUTPUTS]);
}

/** Is there an item, for every cell; where, for the cells that have one (`truth` is as outputs are); what it is. */
function loss(
  { proposer, classifier }: Network,
  windows: np.Array,
  truth: np.Array,
  looks: np.Array,
  classes: np.Array,
): np.Array {
  const outputs = propose(proposer, windows);
  const part = (array: np.Array, from: number, to: number) => array.ref.slice([], [], [from, to]);
  const isItem = part(truth, 0, 1);
  const logits = part(outputs, 0, 1);
  const presence = nn.softplus(logits.ref).sub(logits.mul(isItem.ref)).sum();
  const distances = np.abs(part(outputs, 1, OUTPUTS).sub(part(truth, 1, OUTPUTS)));
  const ofBoxes = presence.add(distances.mul(isItem).sum());
  for (const array of [outputs, truth]) array.dispose();
  const likelihood = nn.logSoftmax(scores(classifier, looks)).mul(classes).sum();
  return ofBoxes.mul(1 / BATCH).sub(likelihood.mul(1 / LOOKS));
}
const lossAndGradients = jit(valueAndGrad(loss));
const proposals = jit(({ proposer }: Network, windows: np.Array) => propose(proposer, windows));
const classScores = jit(({ classifier }: Network, looks: np.Array) => scores(classifier, looks));

interface Proposal extends Box {
  confidence: number;
}

await run({
  name: 'detection',
  about: 'Scenes of Fashion-MNIST by a convolutional network and RMSprop',
  unit: 'hundred steps',
  rounds: 40,
  quickRounds: 1,
  goals: { 'mean IoU': 0.6, 'class accuracy': 0.8 },
  quickGoals: { 'mean IoU': 0.3, 'class accuracy': 0.2 },

  async *train({ seed, rounds, quick, folder }) {
    const random = new Random(seed);
    const data: Dataset = datasets.fashion.load(random, quick ? fashionSubset : folder);
    const compose = (from: Dataset['train'], count: number) =>
      Array.from({ length: count }, () => composeScene(from, random));
    const test = compose(data.test, BATCH * (quick ? 5 : 15));

    const training = wrap(createNetwork(random), RMSprop, {
      learningRate: 0.002,
      clipGlobalNorm: 10,
    });
    const scheduler = new Scheduler(training.optimizer, schedules.cosine({ steps: 100 * rounds }));
    let network = training.params();
    for (let round = 0; round < rounds; round++) {
      let sum = 0;
      for (let k = 0; k < 100; k++) {
        const scenes = compose(data.train, BATCH);
        const { looks, classes } = examples(scenes, random);
        const [loss, gradients] = lossAndGradients(
          network,
          windows(scenes),
          truth(scenes),
          looks,
          classes,
        );
        network = training.step(gradients as Network);
        scheduler.step();
        sum += loss.item();
      }
      yield { loss: sum / 100, measures: judge(training.params, test) };
    }
  },
});

/** Nothing is learned about pixels themselves: the windows of the first convolution can be laid out beforehand. */
function windows(scenes: Scene[]): np.Array {
  const margin = (WINDOW - STEP) / 2;
  const size = WINDOW ** 2;
  const all = new Float32Array(scenes.length * (SIDE / STEP) ** 2 * size);
  let at = 0;
  for (const { pixels } of scenes) {
    for (let top = -margin; top < SIDE - margin; top += STEP) {
      for (let left = -margin; left < SIDE - margin; left += STEP) {
        for (let y = Math.max(0, top); y < Math.min(SIDE, top + WINDOW); y++) {
          const [from, to] = [Math.max(0, left), Math.min(SIDE, left + WINDOW)];
          const row = pixels.subarray(y * SIDE + from, y * SIDE + to);
          all.set(row, at + (y - top) * WINDOW + from - left);
        }
        at += size;
      }
    }
  }
  return np.array(all, { shape: [all.length / size, size] });
}

function truth(scenes: Scene[]): np.Array {
  const all = new Float32Array(scenes.length * CELLS * OUTPUTS);
  for (const [i, { items }] of scenes.entries()) {
    for (const { x, y, width, height } of items) {
      const [middleX, middleY] = [(x + width / 2) / CELL, (y + height / 2) / CELL];
      const [column, row] = [Math.floor(middleX), Math.floor(middleY)];
      const cell = (i * CELLS + row * GRID + column) * OUTPUTS;
      all.set([1, middleX - column, middleY - row], cell);
      all.set([Math.log(width / CELL), Math.log(height / CELL)], cell + 3);
    }
  }
  return np.array(all, { shape: [scenes.length, CELLS, OUTPUTS] });
}

/** What there is to see in some boxes, each as the middle of a square: [LOOKS, LOOK, LOOK, 1], the last ones empty. */
function look(boxes: { pixels: Float32Array; box: Box }[]): np.Array {
  const all = new Float32Array(LOOKS * LOOK * LOOK);
  for (const [i, { pixels, box }] of boxes.entries()) {
    const side = 1.1 * Math.max(box.width, box.height);
    const x = box.x + (box.width - side) / 2;
    const y = box.y + (box.height - side) / 2;
    const square = { x, y, width: side, height: side };
    all.set(resample(pixels, SIDE, square, LOOK), i * LOOK * LOOK);
  }
  return np.array(all, { shape: [LOOKS, LOOK, LOOK, 1] });
}

/** Items with their classes, in boxes that are about as wrong as those that are proposed. */
function examples(scenes: Scene[], random: Random): { looks: np.Array; classes: np.Array } {
  const all = scenes.flatMap(({ pixels, items }) => items.map((item) => ({ pixels, item })));
  const some = all.slice(0, LOOKS);
  const wrong = (size: number) => (random.uniform() - 0.5) * 0.2 * size;
  const boxes = some.map(({ pixels, item: { x, y, width, height } }) => ({
    pixels,
    box: {
      x: x + wrong(width),
      y: y + wrong(height),
      width: width + wrong(width),
      height: height + wrong(height),
    },
  }));
  const classes = new Float32Array(LOOKS * CLASSES);
  for (const [i, { item }] of some.entries()) classes[i * CLASSES + item.label] = 1;
  return { looks: look(boxes), classes: np.array(classes, { shape: [LOOKS, CLASSES] }) };
}

/** The boxes of one scene: of those that overlap, the one with the highest confidence. */
function choose(outputs: Float32Array): Proposal[] {
  const candidates = Array.from({ length: CELLS }, (_, cell): Proposal => {
    const own = outputs.subarray(cell * OUTPUTS, (cell + 1) * OUTPUTS);
    const [width, height] = [CELL * Math.exp(own[3]), CELL * Math.exp(own[4])];
    return {
      width,
      height,
      x: CELL * ((cell % GRID) + own[1]) - width / 2,
      y: CELL * (Math.floor(cell / GRID) + own[2]) - height / 2,
      confidence: 1 / (1 + Math.exp(-own[0])),
    };
  });
  const chosen: Proposal[] = [];
  for (const candidate of candidates.sort((a, b) => b.confidence - a.confidence)) {
    if (candidate.confidence < 0.5) break;
    if (chosen.every((other) => overlap(candidate, other) < 0.4)) chosen.push(candidate);
  }
  return chosen;
}

/** The likeliest class of each box. */
function classify(network: Network, boxes: { pixels: Float32Array; box: Box }[]): number[] {
  const all = classScores(network, look(boxes)).dataSync() as Float32Array;
  return boxes.map((_, i) => argmax(all.subarray(i * CLASSES, (i + 1) * CLASSES)));
}

/** Over all items: IoU with what was found there, and whether its class is right; 0 and wrong where nothing was found. */
function judge(params: () => Network, scenes: Scene[]) {
  let [items, sum, right, matches] = [0, 0, 0, 0];
  const found: { scene: Scene; pixels: Float32Array; box: Proposal }[] = [];
  for (let first = 0; first < scenes.length; first += BATCH) {
    const some = scenes.slice(first, first + BATCH);
    const outputs = proposals(params(), windows(some)).dataSync() as Float32Array;
    for (const [i, scene] of some.entries()) {
      items += scene.items.length;
      const own = outputs.subarray(i * CELLS * OUTPUTS, (i + 1) * CELLS * OUTPUTS);
      found.push(...choose(own).map((box) => ({ scene, pixels: scene.pixels, box })));
    }
  }
  const missing = new Set(scenes.flatMap((scene) => scene.items));
  for (let first = 0; first < found.length; first += LOOKS) {
    const some = found.slice(first, first + LOOKS);
    const labels = classify(params(), some);
    for (const [i, { scene, box }] of some.entries()) {
      const [nearest] = scene.items
        .filter((item) => missing.has(item))
        .sort((a, b) => overlap(b, box) - overlap(a, box));
      if (!nearest || overlap(nearest, box) === 0) continue;
      missing.delete(nearest);
      matches++;
      sum += overlap(nearest, box);
      if (nearest.label === labels[i]) right++;
    }
  }
  return {
    'mean IoU': sum / items,
    'class accuracy': right / items,
    precision: found.length === 0 ? 0 : matches / found.length,
  };
}
