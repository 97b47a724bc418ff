import type { Random } from './random.mts';

const GRAVITY = 9.8;
const CART = 1;
const POLE = 0.1;
const HALF_LENGTH = 0.5;
const FORCE = 10;
const SECONDS = 0.02;
const EDGE = 2.4;
const TILT = (12 * Math.PI) / 180;

/** The longest episode, and the highest return: a reward of 1 for every step that ends with the pole up. */
export const LONGEST = 500;

/**
 * A pole on a cart that is pushed to the left or to the right: Barto, Sutton and Anderson, 1983, with the constants of
 * Gymnasium's CartPole-v1.
 */
export class CartPole {
  /** Position, speed, angle, angular speed. */
  readonly state = new Float32Array(4);

  constructor(random: Random) {
    for (let i = 0; i < 4; i++) this.state[i] = (random.uniform() - 0.5) / 10;
  }

  /** Pushes for one step: 0 to the left, 1 to the right. Tells whether the pole still stands. */
  push(action: 0 | 1): boolean {
    const [position, speed, angle, angularSpeed] = this.state;
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    const mass = CART + POLE;
    const push =
      ((action === 1 ? FORCE : -FORCE) + POLE * HALF_LENGTH * angularSpeed ** 2 * sine) / mass;
    const turn =
      (GRAVITY * sine - cosine * push) / (HALF_LENGTH * (4 / 3 - (POLE * cosine ** 2) / mass));
    const acceleration = push - (POLE * HALF_LENGTH * turn * cosine) / mass;
    this.state[0] = position + SECONDS * speed;
    this.state[1] = speed + SECONDS * acceleration;
    this.state[2] = angle + SECONDS * angularSpeed;
    this.state[3] = angularSpeed + SECONDS * turn;
    return Math.abs(this.state[0]) <= EDGE && Math.abs(this.state[2]) <= TILT;
  }
}
