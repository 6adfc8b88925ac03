/** @file Sums and products of a layer and numbers of the file. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Unsupported } from '../model.ts';
import { sizeOf } from '../tensors.ts';
import type { Value } from '../writer.ts';
import { type OnnxContext, rounded, scalar } from './context.ts';
import type { Laid } from './laid.ts';
import type { OnnxNode } from './node.ts';

/** As many as `rescaling` takes. */
const MAX_NUMBERS = 65_536;
/** Scores from here on have no weight in a softmax. */
export const FAR_BELOW = -1e4;
/** In place of infinity: far enough for the same weights, near enough to be a number of JSON. */
export const HIDDEN = -1e9;

/** The numbers of a constant, copied along the axes (of a tensor of `rank`) that it does not have, in this order of the axes. */
function spread(
  { shape, data }: NamedTensor,
  order: readonly number[],
  sizes: readonly number[],
  rank: number,
): Float32Array {
  const own = [...new Array<number>(rank - shape.length).fill(1), ...shape];
  const strides = own.map((size, i) => (size === 1 ? 0 : sizeOf(own.slice(i + 1))));
  const out = new Float32Array(sizeOf(sizes));
  const index = new Array<number>(order.length).fill(0);
  for (let to = 0; to < out.length; to++) {
    const from = order.reduce((sum, axis, i) => sum + (index[i] as number) * (strides[axis] as number), 0);
    out[to] = data[from] as number;
    for (let i = order.length - 1; i >= 0; i--) {
      index[i] = (index[i] as number) + 1;
      if ((index[i] as number) < (sizes[i] as number)) break;
      index[i] = 0;
    }
  }
  return out;
}

/** sin(t/10000^(i/n)) at even i, cos(t/10000^((i − 1)/n)) at odd i: not trained. */
const isSinusoidal = (table: Float32Array, features: number): boolean =>
  table.length > 2 * features &&
  table.every((value, at) => {
    const [t, i] = [Math.floor(at / features), at % features];
    const angle = t / 10_000 ** ((i - (i % 2)) / features);
    return Math.abs(value - (i % 2 === 0 ? Math.sin(angle) : Math.cos(angle))) < 1e-5;
  });

type Affine = { readonly scale?: number | readonly number[]; readonly offset?: number | readonly number[] };

export const rescaled = (laid: Laid, options: Affine, name: string, { axes, writer }: OnnxContext): Laid =>
  axes.pointwise(laid, (x) => writer.add('rescaling', { ...options }, [x], { name }), name);

/** By numbers that are other ones at every position: all of a sample in a row. */
export function positionwise(
  laid: Laid,
  options: { readonly scale?: NamedTensor; readonly offset?: NamedTensor },
  { name }: OnnxNode,
  { axes, writer }: OnnxContext,
): Laid {
  const order = axes.others(laid);
  const own = axes.sizesOfOne(laid);
  const sizes = order.map((axis) => own[axis] as number);
  if (sizeOf(sizes) > MAX_NUMBERS) throw new Unsupported(`${sizeOf(sizes)} numbers that are not trained`);
  const lists = [order];
  const numbers = Object.entries(options).map(([key, tensor]) => [
    key,
    [...spread(tensor, order, sizes, laid.axes.length)].map((x) => rounded(Math.max(x, HIDDEN))),
  ]);
  const flat = writer.add('rescaling', Object.fromEntries(numbers), [axes.arranged(laid, lists, name)], {
    name,
  });
  return axes.reduced(laid, flat, new Set(), order, true, name);
}

function addTable(
  laid: Laid,
  constant: NamedTensor,
  { name }: OnnxNode,
  { axes, writer, warnings }: OnnxContext,
): Laid {
  const order = axes.others(laid);
  const rows = order.slice(0, -1);
  const own = axes.sizesOfOne(laid);
  const sizes = order.map((axis) => own[axis] as number);
  const data = spread(constant, order, sizes, laid.axes.length);
  const features = sizes.at(-1) ?? 1;
  const shape = [data.length / features, features];
  const x = axes.arranged(laid, [rows, order.slice(-1)], name);
  const isFixed = isSinusoidal(data, features);
  if (!isFixed)
    warnings.add(
      `"${name}" adds [${constant.shape.join(', ')}] numbers, which are trained here (positional_embedding)`,
    );
  const options = isFixed ? { kind: 'sinusoidal' } : {};
  const weights = isFixed ? {} : { table: { shape, data } };
  const added = writer.add('positional_embedding', options, [x], { name, weights });
  return axes.reduced(laid, added, new Set(), order, true, name);
}

/** Makes room for the axes of the constant. */
export function widened(laid: Laid, { shape }: NamedTensor, { axes }: OnnxContext, name: string): Laid {
  const rank = Math.max(laid.axes.length, shape.length);
  const sizes = Array.from({ length: rank }, (_, i) => shape[i - rank + shape.length] ?? 1);
  return axes.real(axes.stretched(laid, sizes), name);
}

/** The only axis along which a constant differs; null where there are several. */
function onlyAxis({ shape }: NamedTensor, rank: number): number | null {
  const wide = shape.flatMap((size, i) => (size > 1 ? [rank - shape.length + i] : []));
  return wide.length === 1 ? (wide[0] as number) : null;
}

export function plus(given: Laid, whole: NamedTensor, node: OnnxNode, context: OnnxContext): Laid {
  const number = scalar(whole);
  const { name } = node;
  if (number === 0) return given;
  if (number !== null) return rescaled(given, { offset: rounded(number) }, name, context);
  const laid = widened(given, whole, context, name);
  const constant = context.axes.ofOneSample(whole, laid);
  const axis = onlyAxis(constant, laid.axes.length);
  if (axis === null) {
    const isMask =
      constant.data.every((x) => x === 0 || x <= FAR_BELOW) && sizeOf(laid.value.shape) <= MAX_NUMBERS;
    return isMask
      ? positionwise(laid, { offset: constant }, node, context)
      : addTable(laid, constant, node, context);
  }
  context.warnings.add(
    `"${name}" adds ${constant.data.length} numbers, which are not trained here (rescaling)`,
  );
  const offset = [...constant.data].map(rounded);
  return context.axes.alongFeatures(
    laid,
    axis,
    (x) => context.writer.add('rescaling', { offset }, [x], { name }),
    name,
  );
}

export function times(
  given: Laid,
  whole: NamedTensor,
  node: OnnxNode,
  context: OnnxContext,
  trained: boolean,
): Laid {
  const number = scalar(whole);
  const { name } = node;
  if (number === 1) return given;
  if (number !== null) return rescaled(given, { scale: rounded(number) }, name, context);
  const laid = widened(given, whole, context, name);
  const constant = context.axes.ofOneSample(whole, laid);
  const axis = onlyAxis(constant, laid.axes.length);
  if (axis === null) return positionwise(laid, { scale: constant }, node, context);
  const gamma = { shape: [constant.data.length], data: constant.data };
  if (trained)
    context.warnings.add(
      `"${name}" multiplies by ${constant.data.length} numbers, which are trained here (layer_scale)`,
    );
  const apply = (x: Value) =>
    trained
      ? context.writer.add('layer_scale', { initial_value: 1 }, [x], { name, weights: { gamma } })
      : context.writer.add('rescaling', { scale: [...constant.data].map(rounded) }, [x], { name });
  return context.axes.alongFeatures(laid, axis, apply, name);
}
