/** @file The same numbers in other shapes and orders. */
import { Unsupported } from '../model.ts';
import { sizeOf } from '../tensors.ts';
import { axisOf, type ConvertNode, needConstant, numbersOf, type OnnxContext, written } from './context.ts';
import type { OnnxNode } from './node.ts';
import { groupNorm } from './norms.ts';

const flatten: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const sizes = laid.axes.map(({ size }) => size);
  const axis = axisOf(node.int('axis', 1), laid);
  const shape = [sizeOf(sizes.slice(0, axis)), sizeOf(sizes.slice(axis))];
  return written(context.axes.reshaped(laid, shape, node.name));
};

const reshape: ConvertNode = (node, context) => {
  const norm = groupNorm(node, context);
  if (norm !== null) return norm;
  const laid = context.laid(node.inputs[0]);
  const target = [...needConstant(node, 1, 'shape', context).data];
  const sizes = target.map((size, i) => (size === 0 ? (laid.axes[i]?.size ?? 1) : size));
  const whole = sizeOf(laid.axes.map(({ size }) => size));
  const known = sizeOf(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 ? whole / known : size));
  return written(context.axes.reshaped(laid, shape, node.name));
};

const transpose: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const perm = node.ints('perm') ?? [...laid.axes.keys()].toReversed();
  return written(context.axes.transposed(laid, perm));
};

const squeeze: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const given = numbersOf(node, 'axes', 1, context);
  const axes = given?.map((axis) => axisOf(axis, laid)) ?? [...laid.axes.keys()];
  return written(context.axes.squeezed(laid, new Set(axes)));
};

const unsqueeze: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const given = numbersOf(node, 'axes', 1, context) ?? [];
  const rank = laid.axes.length + given.length;
  return written(
    context.axes.unsqueezed(laid, new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)))),
  );
};

const expand: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const wanted = [...needConstant(node, 1, 'shape', context).data];
  const rank = Math.max(wanted.length, laid.axes.length);
  const sizes = Array.from({ length: rank }, (_, i) => wanted[i - rank + wanted.length] ?? 1);
  return written(context.axes.stretched(laid, sizes));
};

/** Channels as blocks of pixels: channel and place in the block, in the order that `mode` says. */
const depthToSpace: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const [batch = 1, channels = 1, height = 1, width = 1] = laid.axes.map(({ size }) => size);
  const b = node.int('blocksize', 1);
  const { axes } = context;
  const inner = channels / (b * b);
  const isDepthFirst = node.text('mode', 'DCR') === 'DCR';
  const apart = isDepthFirst ? [batch, b, b, inner, height, width] : [batch, inner, b, b, height, width];
  const turned = axes.transposed(
    axes.reshaped(laid, apart, node.name),
    isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3],
  );
  return written(axes.reshaped(turned, [batch, inner, height * b, width * b], `${node.name}_blocks`));
};

const spaceToDepth: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const [batch = 1, channels = 1, height = 1, width = 1] = laid.axes.map(({ size }) => size);
  const b = node.int('blocksize', 1);
  const { axes } = context;
  const apart = axes.reshaped(laid, [batch, channels, height / b, b, width / b, b], node.name);
  const turned = axes.transposed(apart, [0, 3, 5, 1, 2, 4]);
  return written(
    axes.reshaped(turned, [batch, channels * b * b, height / b, width / b], `${node.name}_depth`),
  );
};

const same: ConvertNode = (node, context) => written(context.laid(node.inputs[0]));

const cast: ConvertNode = (node, context) => {
  if (![1, 10, 11, 6, 7].includes(node.int('to', 1)))
    throw new Unsupported('its numbers become yes or no', 'numbers');
  return same(node, context);
};

const dropout = (node: OnnxNode, context: OnnxContext) => {
  const rate = context.constant(node.inputs[1])?.data[0] ?? node.float('ratio', 0.5);
  const { name } = node;
  const options = { rate: Number(rate.toPrecision(6)) };
  return written(
    context.axes.pointwise(
      context.laid(node.inputs[0]),
      (x) => context.writer.add('dropout', options, [x], { name }),
      name,
    ),
  );
};

export const shapes: Readonly<Record<string, ConvertNode>> = {
  Flatten: flatten,
  Reshape: reshape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Identity: same,
  Cast: cast,
  Dropout: dropout,
};
