/** @file Convolution and its adjoint in float64, from their definitions: one term for every pair of elements that meet. */
import type { Convolution } from '../../src/graph/index.ts';
import type { Value } from './arrays.ts';

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** The multi-index of a flat position. */
function indexOf(flat: number, shape: readonly number[]): number[] {
  return shape.map((size, axis) => Math.floor(flat / product(shape.slice(axis + 1))) % size);
}

const flatOf = (index: readonly number[], shape: readonly number[]): number =>
  index.reduce((flat, i, axis) => flat * (shape[axis] ?? 1) + i, 0);

type Visit = (input: number, kernel: number, output: number) => void;

/**
 * Every triple of flat positions that meet: input element, kernel element, output element.
 * @param x [batch, in, …size], w [out, in/groups, …window], y [batch, out, …positions]
 */
function visit(
  x: readonly number[],
  w: readonly number[],
  y: readonly number[],
  conv: Convolution,
  meet: Visit,
): void {
  const [out = 1, inner = 1, ...window] = w;
  for (let output = 0; output < product(y); output++) {
    const [batch = 0, filter = 0, ...position] = indexOf(output, y);
    const group = Math.floor(filter / (out / conv.groups));
    for (let rest = 0; rest < inner * product(window); rest++) {
      const [channel = 0, ...offset] = indexOf(rest, [inner, ...window]);
      const place = position.map(
        (p, axis) =>
          p * (conv.strides[axis] ?? 1) +
          (offset[axis] ?? 0) * (conv.dilations[axis] ?? 1) -
          (conv.before[axis] ?? 0),
      );
      if (place.some((at, axis) => at < 0 || at >= (x[axis + 2] ?? 0))) continue;
      const input = flatOf([batch, group * inner + channel, ...place], x);
      meet(input, flatOf([filter, channel, ...offset], w), output);
    }
  }
}

const sizesAfter = (size: readonly number[], window: readonly number[], conv: Convolution): number[] =>
  size.map((length, axis) => {
    const padded = length + (conv.before[axis] ?? 0) + (conv.after[axis] ?? 0);
    const reach = (conv.dilations[axis] ?? 1) * ((window[axis] ?? 1) - 1) + 1;
    return Math.floor((padded - reach) / (conv.strides[axis] ?? 1)) + 1;
  });

/** y[n, o, p] = Σ x[n, i, p·stride + k·dilation − before] · w[o, i, k] */
export function correlate(x: Value, w: Value, conv: Convolution): Value {
  const shape = [x.shape[0] ?? 1, w.shape[0] ?? 1, ...sizesAfter(x.shape.slice(2), w.shape.slice(2), conv)];
  const data = new Float64Array(product(shape));
  visit(x.shape, w.shape, shape, conv, (input, kernel, output) => {
    data[output] = (data[output] ?? 0) + (x.data[input] ?? 0) * (w.data[kernel] ?? 0);
  });
  return { shape, data };
}

/** The adjoint: x[n, i, p·stride + k·dilation − before] = Σ y[n, o, p] · w[o, i, k] */
export function spreadKernels(
  y: Value,
  w: Value,
  conv: Convolution & { readonly size: readonly number[] },
): Value {
  const shape = [y.shape[0] ?? 1, (w.shape[1] ?? 1) * conv.groups, ...conv.size];
  const data = new Float64Array(product(shape));
  visit(shape, w.shape, y.shape, conv, (input, kernel, output) => {
    data[input] = (data[input] ?? 0) + (y.data[output] ?? 0) * (w.data[kernel] ?? 0);
  });
  return { shape, data };
}

/** The gradient in w: w[o, i, k] = Σ y[n, o, p] · x[n, i, p·stride + k·dilation − before] */
export function gatherKernels(
  x: Value,
  y: Value,
  conv: Convolution & { readonly window: readonly number[] },
): Value {
  const shape = [y.shape[1] ?? 1, (x.shape[1] ?? 1) / conv.groups, ...conv.window];
  const data = new Float64Array(product(shape));
  visit(x.shape, shape, y.shape, conv, (input, kernel, output) => {
    data[kernel] = (data[kernel] ?? 0) + (x.data[input] ?? 0) * (y.data[output] ?? 0);
  });
  return { shape, data };
}
