/** @file Arrays of weights, laid out anew. */
import type { NamedTensor } from '../util/safetensors.ts';
import { transpose } from '../util/transpose.ts';
import { ModelUnreadable } from './model.ts';

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

/** Axis i of the result is axis `order[i]` of the tensor. */
export function transposed(tensor: NamedTensor, order: readonly number[]): NamedTensor {
  const { shape } = tensor;
  if (order.length !== shape.length)
    throw new ModelUnreadable(`weights [${shape.join(', ')}] do not have ${order.length} axes`);
  return transpose(tensor, order);
}

export const reshaped = ({ data }: NamedTensor, shape: readonly number[]): NamedTensor => ({ shape, data });
