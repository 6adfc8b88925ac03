/** @file Gemm, MatMul with Add, Conv, Einsum: products with weights, and of two layers. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Unsupported } from '../model.ts';
import { sizeOf as sizeOfShape, transposed } from '../tensors.ts';
import type { Value } from '../writer.ts';
import {
  type ConvertNode,
  needConstant,
  type OnnxContext,
  type Written,
  withConstant,
  written,
} from './context.ts';
import type { Axis, Laid } from './laid.ts';
import type { OnnxNode } from './node.ts';

/** Along the last axis, whatever stands before it. */
function addDense(
  node: OnnxNode,
  laid: Laid,
  context: OnnxContext,
  kernel: NamedTensor,
  bias: NamedTensor | null,
): Laid {
  const options = { units: kernel.shape[1], ...(bias === null && { use_bias: false }) };
  const weights = { kernel, ...(bias !== null && { bias }) };
  const { name } = node;
  const apply = (x: Value) => context.writer.add('dense', options, [x], { name, weights });
  return context.axes.alongAxis(laid, laid.axes.length - 1, apply, name, 3);
}

const flat = ({ data }: NamedTensor): NamedTensor => ({ shape: [data.length], data });

const scaled = ({ shape, data }: NamedTensor, factor: number): NamedTensor => ({
  shape,
  data: factor === 1 ? data : data.map((x) => x * factor),
});

/** y = α A B + β C */
const gemm: ConvertNode = (node, context) => {
  const given = context.laid(node.inputs[0]);
  const laid = node.int('transA', 0) === 1 ? context.axes.transposed(given, [1, 0]) : given;
  const kernel = scaled(needConstant(node, 1, 'second factor', context), node.float('alpha', 1));
  const third = node.inputs[2] ? flat(needConstant(node, 2, 'third operand', context)) : null;
  const units = node.int('transB', 0) === 1 ? kernel.shape[0] : kernel.shape[1];
  if (third !== null && third.data.length !== units && third.data.length !== 1)
    throw new Unsupported('a sum with more than a bias', 'Linear');
  const wide =
    third?.data.length === 1 ? new Float32Array(units as number).fill(third.data[0] as number) : third?.data;
  const bias =
    wide === undefined ? null : scaled({ shape: [wide.length], data: wide }, node.float('beta', 1));
  return written(
    addDense(node, laid, context, node.int('transB', 0) === 1 ? transposed(kernel, [1, 0]) : kernel, bias),
  );
};

/** With the Add behind it, where that adds one number per column. */
function matMulByWeights(node: OnnxNode, kernel: NamedTensor, context: OnnxContext) {
  if (kernel.shape.length !== 2)
    throw new Unsupported('a product of more than two axes of weights', 'Linear');
  const laid = context.laid(node.inputs[0]);
  const add = context.next(node.outputs[0] as string);
  const bias = add?.op === 'Add' ? (withConstant(add, context)?.constant ?? null) : null;
  if (
    add === null ||
    bias === null ||
    bias.data.length !== kernel.shape[1] ||
    bias.shape.at(-1) !== bias.data.length
  )
    return written(addDense(node, laid, context, kernel, null));
  context.absorb(add);
  return written(addDense(node, laid, context, kernel, flat(bias)), add.outputs[0]);
}

/** Of two layers: stacks of matrices [rows, n] and [n, columns]. */
function product(node: OnnxNode, a: Laid, b: Laid, { axes, writer }: OnnxContext): Laid {
  const { name } = node;
  const rank = Math.max(a.axes.length, b.axes.length);
  if (Math.min(a.axes.length, b.axes.length) < 2)
    throw new Unsupported('a product with a vector', 'of matrices');
  const one: Axis = { parts: [], size: 1 };
  const wide = ({ value, axes: own }: Laid): Laid => ({
    value,
    axes: [...new Array<Axis>(rank - own.length).fill(one), ...own],
  });
  const [left, right] = [axes.real(wide(a), name), axes.real(wide(b), name)];
  const sizes = (laid: Laid, i: number) => laid.axes[i]?.size ?? 1;
  const stack = [...Array(rank - 2).keys()].filter((i) => {
    const parts = [...(left.axes[i]?.parts ?? []), ...(right.axes[i]?.parts ?? [])];
    return parts.some((part) => part >= 0) && Math.max(sizes(left, i), sizes(right, i)) > 1;
  });
  const lists = [...stack, rank - 2, rank - 1].map((i) => [i]);
  const value = writer.add('dot', {}, [axes.arranged(left, lists, name), axes.arranged(right, lists, name)], {
    name,
  });
  const held = left.axes.map((axis, i): Axis => {
    const other = right.axes[i] as Axis;
    const own = i < rank - 2 && other.parts.includes(-1) ? other : axis;
    return { parts: own.parts, size: Math.max(axis.size, other.size) };
  });
  return axes.relaid(value, held, lists.flat());
}

const matMul: ConvertNode = (node, context) => {
  const [first, second] = [0, 1].map((i) => context.constant(node.inputs[i]));
  if (second) return matMulByWeights(node, second, context);
  if (!first)
    return written(product(node, context.laid(node.inputs[0]), context.laid(node.inputs[1]), context));
  if (first.shape.length !== 2) throw new Unsupported('a product of more than two axes of weights', 'Linear');
  // A x = (xᵀ Aᵀ)ᵀ
  const { axes } = context;
  const laid = context.laid(node.inputs[1]);
  const rank = laid.axes.length;
  const swap = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  const turned = addDense(node, axes.transposed(laid, swap), context, transposed(first, [1, 0]), null);
  return written(axes.transposed(turned, swap));
};

/** `bth,hk->btk`: one operand is weights, whose indices are summed over or new. */
function einsumByWeights(
  node: OnnxNode,
  context: OnnxContext,
  [own, weights, output]: readonly (readonly string[])[],
  laid: Laid,
  tensor: NamedTensor,
): Written {
  const { axes } = context;
  const [letters, others, wanted] = [own ?? [], weights ?? [], output ?? []];
  const summed = letters.filter((index) => others.includes(index));
  if (summed.length === 0 || summed.some((index) => wanted.includes(index)))
    throw new Unsupported('einsum whose weights are not summed over', 'Linear, or Mul');
  const rows = letters.filter((index) => !summed.includes(index));
  const columns = others.filter((index) => !summed.includes(index));
  const sizes = (indices: readonly string[]) =>
    indices.map((index) => tensor.shape[others.indexOf(index)] as number);
  const turned = transposed(
    tensor,
    [...summed, ...columns].map((index) => others.indexOf(index)),
  );
  const kernel = { shape: [sizeOfShape(sizes(summed)), sizeOfShape(sizes(columns))], data: turned.data };
  const heights = rows.map((index) => laid.axes[letters.indexOf(index)]?.size ?? 1);
  const { name } = node;
  const ordered = axes.transposed(
    laid,
    [...rows, ...summed].map((index) => letters.indexOf(index)),
  );
  const x = axes.reshaped(ordered, [...heights, kernel.shape[0] as number], name);
  const y = axes.reshaped(addDense(node, x, context, kernel, null), [...heights, ...sizes(columns)], name);
  const order = [...rows, ...columns];
  return written(
    axes.transposed(
      y,
      wanted.map((index) => order.indexOf(index)),
    ),
  );
}

/** `bhid,bhjd->bhij`: indices of both and of the result are stacks, those that are not in it are summed. */
const einsum: ConvertNode = (node, context) => {
  const [inputs = '', output = ''] = node.text('equation', '').replaceAll(' ', '').split('->');
  const [a = '', b = '', ...others] = inputs.split(',');
  const [left, right] = [[...a], [...b]];
  if (
    node.inputs.length !== 2 ||
    others.length > 0 ||
    !/^[a-zA-Z,]+$/.test(inputs) ||
    output === '' ||
    new Set(a).size !== a.length ||
    new Set(b).size !== b.length
  )
    throw new Unsupported(
      `einsum "${node.text('equation', '').slice(0, 50)}"`,
      'of two layers, such as "bhid,bhjd->bhij"',
    );
  const isKept = (index: string) => output.includes(index);
  const stack = left.filter((index) => right.includes(index) && isKept(index));
  const summed = left.filter((index) => right.includes(index) && !isKept(index));
  const [rows, columns] = [
    left.filter((index) => !right.includes(index)),
    right.filter((index) => !left.includes(index)),
  ];
  if ([...rows, ...columns].some((index) => !isKept(index)))
    throw new Unsupported('einsum that sums one of its operands', 'ReduceSum');
  const { axes } = context;
  const [first, second] = [0, 1].map((i) => context.constant(node.inputs[i]));
  if (first)
    return einsumByWeights(node, context, [right, left, [...output]], context.laid(node.inputs[1]), first);
  if (second)
    return einsumByWeights(node, context, [left, right, [...output]], context.laid(node.inputs[0]), second);
  const [x, y] = [context.laid(node.inputs[0]), context.laid(node.inputs[1])];
  const sizeOf = (index: string) =>
    (left.includes(index) ? x.axes[left.indexOf(index)] : y.axes[right.indexOf(index)])?.size ?? 1;
  const count = (indices: readonly string[]) => indices.reduce((size, index) => size * sizeOf(index), 1);
  const ordered = (laid: Laid, own: readonly string[], order: readonly string[], sizes: readonly number[]) =>
    axes.reshaped(
      axes.transposed(
        laid,
        order.map((index) => own.indexOf(index)),
      ),
      sizes,
      node.name,
    );
  const stacked = stack.map(sizeOf);
  const p = ordered(x, left, [...stack, ...rows, ...summed], [...stacked, count(rows), count(summed)]);
  const q = ordered(y, right, [...stack, ...summed, ...columns], [...stacked, count(summed), count(columns)]);
  const z = product(node, p, q, context);
  const made = [...stack, ...rows, ...columns];
  const apart = axes.reshaped(z, made.map(sizeOf), `${node.name}_axes`);
  return written(
    axes.transposed(
      apart,
      [...output].map((index) => made.indexOf(index)),
    ),
  );
};

/** Pairs [before, after] of each axis, from ONNX' [befores, afters]. */
function padsOf(node: OnnxNode, axes: number): number | number[] | number[][] {
  const automatic = node.text('auto_pad', 'NOTSET');
  if (automatic === 'SAME_LOWER') throw new Unsupported('padding with the odd zero before', 'padding="same"');
  const pads = node.ints('pads') ?? new Array<number>(2 * axes).fill(0);
  const pairs = Array.from({ length: axes }, (_, i) => [pads[i] ?? 0, pads[i + axes] ?? 0]);
  const [first] = pairs.flat() as [number];
  if (pairs.flat().every((n) => n === first)) return first;
  return axes === 1 ? (pairs[0] as number[]) : pairs;
}

const isSame = (node: OnnxNode): boolean => node.text('auto_pad', 'NOTSET') === 'SAME_UPPER';

const simple = (extents: readonly number[]): number | readonly number[] =>
  extents.every((size) => size === extents[0]) ? (extents[0] as number) : extents;

export function windowOf(
  node: OnnxNode,
  axes: number,
): { stride: unknown; dilation: unknown; padding: unknown } {
  const ones = new Array<number>(axes).fill(1);
  const padding = padsOf(node, axes);
  return {
    stride: simple(node.ints('strides') ?? ones),
    dilation: simple(node.ints('dilations') ?? ones),
    padding: isSame(node) ? 'same' : padding === 0 ? 'valid' : padding,
  };
}

/** [batch, channels, …]; sequences have their time last there, and first here. */
const conv: ConvertNode = (node, context) => {
  const kernel = needConstant(node, 1, 'kernel', context);
  const axes = kernel.shape.length - 2;
  if (axes < 1 || axes > 3)
    throw new Unsupported(`a convolution over ${axes} axes`, 'a convolution over 1 to 3 axes');
  const laid = context.laid(node.inputs[0]);
  const bias = node.inputs[2] ? needConstant(node, 2, 'bias', context) : null;
  const groups = node.int('group', 1);
  const [filters, , ...window] = kernel.shape;
  const options = {
    filters,
    kernel_size: simple(window),
    ...windowOf(node, axes),
    ...(groups === 1 ? {} : { groups }),
    ...(bias === null && { use_bias: false }),
  };
  if (bias !== null && context.next(node.outputs[0] as string)?.op !== 'BatchNormalization')
    context.warnings.add(
      'convolutions without a normalization may have had batch norm folded into them when the file was written: training them is then another problem',
    );
  const weights = { kernel, ...(bias !== null && { bias }) };
  const { name } = node;
  const apply = (x: Value) => context.writer.add(`conv${axes}d`, options, [x], { name, weights });
  return written(context.axes.gridded(laid, [2, 3, 4].slice(0, axes), [1], apply, name));
};

export const products: Readonly<Record<string, ConvertNode>> = {
  Gemm: gemm,
  MatMul: matMul,
  Einsum: einsum,
  Conv: conv,
};
