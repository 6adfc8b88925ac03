/** @file Gemm, MatMul with Add, Conv, BatchNormalization: what has weights. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Unsupported } from '../model.ts';
import { transposed } from '../tensors.ts';
import {
  type ConvertNode,
  needConstant,
  needRank,
  type OnnxContext,
  withConstant,
  written,
} from './context.ts';
import type { OnnxNode } from './graph.ts';

function addDense(node: OnnxNode, context: OnnxContext, kernel: NamedTensor, bias: NamedTensor | null) {
  const x = context.value(node.inputs[0]);
  if (x.shape.length === 3)
    throw new Unsupported('a matrix product over images', 'a convolution with a window of 1');
  return context.writer.add(
    'dense',
    { units: kernel.shape[1], ...(bias === null && { use_bias: false }) },
    [x],
    {
      name: node.name,
      weights: { kernel, ...(bias !== null && { bias }) },
    },
  );
}

const flat = ({ data }: NamedTensor): NamedTensor => ({ shape: [data.length], data });

/** y = α A B + β C */
const gemm: ConvertNode = (node, context) => {
  if (node.float('alpha', 1) !== 1 || node.float('beta', 1) !== 1 || node.int('transA', 0) !== 0)
    throw new Unsupported('a matrix product with a factor, or of a transposed input', 'Linear');
  const kernel = needConstant(node, 1, 'second factor', context);
  const bias =
    node.inputs[2] === undefined || node.inputs[2] === ''
      ? null
      : flat(needConstant(node, 2, 'third operand', context));
  return written(
    addDense(node, context, node.int('transB', 0) === 1 ? transposed(kernel, [1, 0]) : kernel, bias),
  );
};

/** With the Add behind it, where that adds one number per column. */
const matMul: ConvertNode = (node, context) => {
  const kernel = needConstant(node, 1, 'second factor', context);
  if (kernel.shape.length !== 2)
    throw new Unsupported('a product of more than two axes of weights', 'Linear');
  const add = context.next(node.outputs[0] as string);
  const bias = add?.op === 'Add' ? (withConstant(add, context)?.constant ?? null) : null;
  if (
    add === null ||
    bias === null ||
    bias.data.length !== kernel.shape[1] ||
    bias.shape.at(-1) !== bias.data.length
  )
    return written(addDense(node, context, kernel, null));
  context.absorb(add);
  return written(addDense(node, context, kernel, flat(bias)), add.outputs[0]);
};

/** Pairs [before, after] of each axis, from ONNX' [befores, afters]. */
export function padsOf(node: OnnxNode, axes: number): number | number[] | number[][] {
  const automatic = node.text('auto_pad', 'NOTSET');
  if (automatic === 'SAME_LOWER') throw new Unsupported('padding with the odd zero before', 'padding="same"');
  const pads = node.ints('pads') ?? new Array<number>(2 * axes).fill(0);
  const pairs = Array.from({ length: axes }, (_, i) => [pads[i] ?? 0, pads[i + axes] ?? 0]);
  const [first] = pairs.flat() as [number];
  if (pairs.flat().every((n) => n === first)) return first;
  return axes === 1 ? (pairs[0] as number[]) : pairs;
}

export const isSame = (node: OnnxNode): boolean => node.text('auto_pad', 'NOTSET') === 'SAME_UPPER';

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
  if (axes !== 1 && axes !== 2)
    throw new Unsupported(`a convolution over ${axes} axes`, 'a convolution over 1 or 2 axes');
  const x = context.value(node.inputs[0]);
  needRank(x, axes + 1);
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
  const swap = (value: typeof x) =>
    context.writer.add('permute', { dims: [2, 1] }, [value], { name: `${node.name}_order` });
  const add = (value: typeof x) =>
    context.writer.add(`conv${axes}d`, options, [value], { name: node.name, weights });
  return written(axes === 2 ? add(x) : swap(add(swap(x))));
};

const batchNorm: ConvertNode = (node, context) => {
  const x = context.value(node.inputs[0]);
  needRank(x, 1, 3);
  const names = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
  const weights = Object.fromEntries(
    names.map((name, i) => [name, needConstant(node, i + 1, name, context)]),
  );
  // Both give the fraction that is kept.
  const [epsilon, momentum] = [node.float('epsilon', 1e-5), node.float('momentum', 0.9)].map((n) =>
    Number(n.toPrecision(6)),
  );
  return written(context.writer.add('batch_norm', { epsilon, momentum }, [x], { name: node.name, weights }));
};

export const products: Readonly<Record<string, ConvertNode>> = {
  Gemm: gemm,
  MatMul: matMul,
  Conv: conv,
  BatchNormalization: batchNorm,
};
