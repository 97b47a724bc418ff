import { SIDE as PICTURE } from './classifier.mts';
import type { Samples } from './datasets.mts';
import type { Random } from './random.mts';

/** Of a scene, in pixels. */
export const SIDE = 64;
const MOST = 3;
/** The middles of two items, across or down, at least. */
export const APART = 16;

/** From its upper left corner, in pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Item extends Box {
  label: number;
}

export interface Scene {
  /** From 0 to 1, row by row. */
  pixels: Float32Array;
  items: Item[];
}

/** One to three pictures of Fashion-MNIST at random places and scales, that hardly overlap, with their exact boxes. */
export function composeScene(pictures: Samples, random: Random): Scene {
  const scene: Scene = { pixels: new Float32Array(SIDE * SIDE), items: [] };
  const wanted = 1 + Math.floor(random.uniform() * MOST);
  for (let k = 0; k < wanted; k++) {
    const i = Math.floor(random.uniform() * pictures.count);
    const side = Math.round(PICTURE * (0.75 + 0.5 * random.uniform()));
    const pixels = pictures.images.subarray(i * PICTURE ** 2, (i + 1) * PICTURE ** 2);
    const whole = { x: 0, y: 0, width: PICTURE, height: PICTURE };
    const picture = resample(pixels, PICTURE, whole, side);
    const box = frame(picture, side);
    for (let attempt = 0; attempt < 30; attempt++) {
      const x = Math.floor(random.uniform() * (SIDE - side + 1));
      const y = Math.floor(random.uniform() * (SIDE - side + 1));
      const item = { ...box, x: x + box.x, y: y + box.y, label: pictures.labels[i] };
      if (scene.items.some((other) => overlap(item, other) > 0.05 || areClose(item, other)))
        continue;
      scene.items.push(item);
      paste(scene.pixels, picture, side, x, y);
      break;
    }
  }
  return scene;
}

function paste(pixels: Float32Array, picture: Float32Array, side: number, x: number, y: number) {
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = (y + row) * SIDE + x + column;
      pixels[at] = Math.max(pixels[at], picture[row * side + column]);
    }
  }
}

/** What two boxes share, of what they cover: intersection over union. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}

/** Whether the middles could lie in one square of APART pixels. */
function areClose(a: Box, b: Box): boolean {
  const x = Math.abs(a.x + a.width / 2 - b.x - b.width / 2);
  const y = Math.abs(a.y + a.height / 2 - b.y - b.height / 2);
  return Math.max(x, y) < APART;
}

/** A part of a square picture with sides of so many pixels, in another size: bilinear, and black outside of it. */
export function resample(pixels: Float32Array, from: number, part: Box, to: number): Float32Array {
  const read = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < from && y < from ? pixels[y * from + x] : 0;
  const result = new Float32Array(to * to);
  for (let row = 0; row < to; row++) {
    const y = part.y + ((row + 0.5) * part.height) / to - 0.5;
    const top = Math.floor(y);
    for (let column = 0; column < to; column++) {
      const x = part.x + ((column + 0.5) * part.width) / to - 0.5;
      const left = Math.floor(x);
      const above = mix(read(left, top), read(left + 1, top), x - left);
      const below = mix(read(left, top + 1), read(left + 1, top + 1), x - left);
      result[row * to + column] = mix(above, below, y - top);
    }
  }
  return result;
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

/** The smallest box around all that can be seen. */
function frame(picture: Float32Array, side: number): Box {
  let [left, top, right, bottom] = [side, side, 0, 0];
  for (let i = 0; i < picture.length; i++) {
    if (picture[i] < 0.1) continue;
    const [x, y] = [i % side, Math.floor(i / side)];
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
