/** So many tensors of so many elements each. */
export interface Shape {
  readonly name: string;
  readonly count: number;
  readonly length: number;
}

export interface Tensors {
  readonly shape: Shape;
  readonly parameters: Float32Array[];
  readonly gradients: Float32Array[];
}

/** Reads 16K, 1M, 200x1000; K is 2^10, M is 2^20. */
export function parseShape(name: string): Shape {
  const [, count = '1', digits, unit] = /^(?:(\d+)x)?(\d+)([KM]?)$/i.exec(name) ?? [];
  const scale = { K: 2 ** 10, M: 2 ** 20 }[(unit ?? '').toUpperCase()] ?? 1;
  const shape = { name, count: Number(count), length: Number(digits) * scale };
  if (!(shape.count > 0 && shape.length > 0)) {
    throw new RangeError(`Expected a size such as 16K, 1M or 200x1000, but received '${name}'`);
  }
  return shape;
}

/**
 * Parameters around 0.1 and gradients of about 0.01 with either sign: however often a loop adds them up, no number becomes
 * infinite, and next to none denormal, which some processors are slow at.
 */
export function createTensors(shape: Shape): Tensors {
  const fill = (make: () => number) =>
    Array.from({ length: shape.count }, () => {
      const tensor = new Float32Array(shape.length);
      for (let i = 0; i < tensor.length; i++) tensor[i] = make();
      return tensor;
    });
  const parameters = fill(() => 0.05 + 0.1 * Math.random());
  const gradients = fill(() => Math.sign(Math.random() - 0.5) * (0.005 + 0.01 * Math.random()));
  return { shape, parameters, gradients };
}
