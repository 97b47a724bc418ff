/**
 * Game playing: a network learns to balance a pole by policy gradients, with a second network's guess of what is to come as
 * the baseline. jax-js computes the gradients, RMSprop the steps; playing needs neither, since the optimizer's memory is
 * there to be read. `npm run game -- --help` lists the options.
 */
import { jit, lax, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { RMSprop } from 'rmsprop';
import { wrap } from 'rmsprop/jax';
import { run } from './application.mts';
import { CartPole, LONGEST } from './cart-pole.mts';
import { Random } from './random.mts';
import { uniform } from './weights.mts';

const HIDDEN = 32;
const DISCOUNT = 0.99;
/** Episodes to a step of the optimizer. */
const GAMES = 10;
const ROWS = GAMES * LONGEST;

function createNetwork(random: Random) {
  const part = (outputs: number) => ({
    hidden: uniform(random, 4, HIDDEN),
    hiddenBias: np.zeros([HIDDEN]),
    out: uniform(random, HIDDEN, outputs),
    outBias: np.zeros([outputs]),
  });
  return { policy: part(2), value: part(1) };
}
type Network = ReturnType<typeof createNetwork>;

function apply(
  { hidden, hiddenBias, out, outBias }: Network['policy'],
  states: np.Array,
): np.Array {
  return np.dot(np.tanh(np.dot(states, hidden).add(hiddenBias)), out).add(outBias);
}

/** `weight` is 1 / moves for every move, and 0 for the rows that no move fills. */
function loss(
  network: Network,
  states: np.Array,
  actions: np.Array,
  returns: np.Array,
  weight: np.Array,
): np.Array {
  const values = apply(network.value, states.ref).reshape([ROWS]);
  const errors = returns.sub(values);
  const ofValue = errors.ref.mul(errors.ref).mul(weight.ref).sum();
  const logits = nn.logSoftmax(apply(network.policy, states));
  const chosen = logits.ref.mul(actions).sum(1);
  const advantage = lax.stopGradient(errors);
  const entropy = np.exp(logits.ref).mul(logits).sum(1).mul(weight.ref).sum().mul(-1);
  const ofPolicy = chosen.mul(advantage).mul(weight).sum().mul(-1);
  return ofPolicy.add(ofValue.mul(0.5)).sub(entropy.mul(0.01));
}
const lossAndGradients = jit(valueAndGrad(loss));

/** The policy, computed from the memory that the optimizer writes to. */
class Player {
  readonly #hidden = new Float32Array(HIDDEN);

  constructor(
    readonly hidden: Float32Array,
    readonly hiddenBias: Float32Array,
    readonly out: Float32Array,
    readonly outBias: Float32Array,
  ) {}

  /** The probability of a push to the right. */
  right(state: Float32Array): number {
    for (let j = 0; j < HIDDEN; j++) {
      let sum = this.hiddenBias[j];
      for (let i = 0; i < 4; i++) sum += state[i] * this.hidden[i * HIDDEN + j];
      this.#hidden[j] = Math.tanh(sum);
    }
    let difference = this.outBias[1] - this.outBias[0];
    for (let j = 0; j < HIDDEN; j++) {
      difference += this.#hidden[j] * (this.out[2 * j + 1] - this.out[2 * j]);
    }
    return 1 / (1 + Math.exp(-difference));
  }
}

/** Some episodes: the moves of all, one after the other. */
function play(player: Player, random: Random) {
  const states = new Float32Array(4 * ROWS);
  const actions = new Float32Array(2 * ROWS);
  const returns = new Float32Array(ROWS);
  let moves = 0;
  for (let game = 0; game < GAMES; game++) {
    const world = new CartPole(random);
    const first = moves;
    let stands = true;
    while (stands && moves - first < LONGEST) {
      states.set(world.state, 4 * moves);
      const action = random.uniform() < player.right(world.state) ? 1 : 0;
      actions[2 * moves + action] = 1;
      stands = world.push(action);
      moves++;
    }
    // What an episode that is cut off would still have brought is left out; scaled to about 1.
    let sum = 0;
    for (let i = moves - 1; i >= first; i--) {
      sum = 1 + DISCOUNT * sum;
      returns[i] = sum * (1 - DISCOUNT);
    }
  }
  const weight = new Float32Array(ROWS).fill(1 / moves, 0, moves);
  return { states, actions, returns, weight };
}

/** The mean return of 100 episodes in which the likelier move is made. */
function evaluate(player: Player, random: Random): number {
  let total = 0;
  for (let game = 0; game < 100; game++) {
    const world = new CartPole(random);
    let moves = 0;
    while (moves < LONGEST && world.push(player.right(world.state) > 0.5 ? 1 : 0)) moves++;
    total += moves;
  }
  return total / 100;
}

await run({
  name: 'game',
  about: 'CartPole by policy gradients and RMSprop',
  unit: 'hundred episodes',
  rounds: 12,
  quickRounds: 3,
  goals: { 'mean return': 450 },
  quickGoals: { 'mean return': 100 },
  show: (value) => value.toFixed(0),

  async *train({ seed, rounds }) {
    const random = new Random(seed);
    const training = wrap(createNetwork(random), RMSprop, { learningRate: 0.003, decay: 0.99 });
    const policy = (name: string) => training.memory[`policy.${name}`];
    const player = new Player(
      policy('hidden'),
      policy('hiddenBias'),
      policy('out'),
      policy('outBias'),
    );

    let network = training.params();
    for (let round = 0; round < rounds; round++) {
      let sum = 0;
      for (let step = 0; step < 100 / GAMES; step++) {
        const { states, actions, returns, weight } = play(player, random);
        const [loss, gradients] = lossAndGradients(
          network,
          np.array(states, { shape: [ROWS, 4] }),
          np.array(actions, { shape: [ROWS, 2] }),
          np.array(returns),
          np.array(weight),
        );
        network = training.step(gradients as Network);
        sum += loss.item();
      }
      yield { loss: sum / (100 / GAMES), measures: { 'mean return': evaluate(player, random) } };
    }
  },
});
