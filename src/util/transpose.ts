/** @file Arrays with their axes in another order. */
import type { NamedTensor } from './safetensors.ts';

const stridesOf = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((size, n) => size * n, 1));

/** Axis i of the result is axis `order[i]` of the tensor; `order` names every axis once. */
export function transpose({ shape, data }: NamedTensor, order: readonly number[]): NamedTensor {
  const strides = stridesOf(shape);
  const target = order.map((axis) => shape[axis] as number);
  const steps = order.map((axis) => strides[axis] as number);
  const out = new Float32Array(data.length);
  const index = new Array<number>(target.length).fill(0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] as number;
    for (let axis = target.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      from += steps[axis] as number;
      if ((index[axis] as number) < (target[axis] as number)) break;
      from -= (steps[axis] as number) * (target[axis] as number);
      index[axis] = 0;
    }
  }
  return { shape: target, data: out };
}
