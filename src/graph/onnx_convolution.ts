/** @file Convolutions and their adjoints as nodes of an ONNX model: those of ONNX, or the runtime's own. */
import { present } from '../util/assert.ts';
import { blockedAdjoint, blockedConvolution, type Convolving } from './blocked_convolution.ts';
import type { Convolution, Node, OperatorAttributes, Shape } from './nodes.ts';
import { onnxNode } from './onnx_node.ts';

/** What a node is written with. */
export type Names = Convolving;

const window = ({ strides, dilations, before, after, groups }: Convolution) => ({
  strides,
  dilations,
  pads: [...before, ...after],
  group: groups,
});

/** What lies beyond the last position of the window: ONNX computes the size from the rest and this. */
function outputPadding(
  positions: Shape,
  kernel: Shape,
  { strides, dilations, before, after, size }: OperatorAttributes['ConvTranspose'],
) {
  return size.map((length, axis) => {
    const [stride, dilation] = [strides[axis] as number, dilations[axis] as number];
    const reach = stride * ((positions[axis] as number) - 1) + dilation * ((kernel[axis] as number) - 1) + 1;
    return length - reach + (before[axis] as number) + (after[axis] as number);
  });
}

/**
 * Where the window moves by single elements, the adjoint of a convolution is one itself, with the kernel's window turned
 * around and its channels exchanged: faster than `ConvTranspose`, which spreads every window by itself.
 */
function adjointConvolution(
  names: Names,
  attributes: OperatorAttributes['ConvTranspose'],
  { inputs, output: y }: Node<'ConvTranspose'>,
): unknown[] | null {
  const [positions, shape] = [present(inputs[0]).shape, present(inputs[1]).shape];
  const {
    inputs: [x, kernel],
    output,
    integers,
  } = names;
  const inBlocks = blockedAdjoint(names, attributes, { x: positions, kernel: shape, y: y.shape });
  if (inBlocks !== null) return inBlocks;
  const { strides, dilations, before, after, groups } = attributes;
  const [out, inner, ...window] = shape as [number, number, ...number[]];
  const reach = window.map((length, axis) => (dilations[axis] as number) * (length - 1));
  const pads = [before, after].map((side) => reach.map((most, axis) => most - (side[axis] as number)));
  if (strides.some((stride) => stride !== 1) || pads.flat().some((n) => n < 0)) return null;
  const axes = window.map((_, axis) => axis + 2);
  const [last, beforeFirst, back] = [-1, -(2 ** 31), -1].map((n) => integers.of(axes.map(() => n)));
  const parts = ['turned', 'split', 'exchanged', 'kernel'].map((part) => `${output}/${part}`);
  const [turned, split, exchanged, adjoint] = parts as [string, string, string, string];
  const filters = out / groups;
  const turn = [present(kernel), present(last), present(beforeFirst), integers.of(axes), present(back)];
  return [
    onnxNode('Slice', turn, [turned]),
    onnxNode('Reshape', [turned, integers.of([groups, filters, inner, ...window])], [split]),
    onnxNode('Transpose', [split], [exchanged], { perm: [0, 2, 1, ...axes.map((axis) => axis + 1)] }),
    onnxNode('Reshape', [exchanged, integers.of([groups * inner, filters, ...window])], [adjoint]),
    onnxNode('Conv', [present(x), adjoint], [output], {
      strides,
      dilations,
      pads: pads.flat(),
      group: groups,
    }),
  ];
}

export function encodeConvolution(
  names: Names,
  attributes: Convolution,
  { inputs: [x, kernel], output: { shape: y } }: Node<'Conv'>,
): unknown[] {
  const { inputs, output, activation } = names;
  const shapes = { x: present(x).shape, kernel: present(kernel).shape, y };
  const inBlocks = blockedConvolution(names, attributes, shapes);
  if (inBlocks !== null) return inBlocks;
  const result = activation === undefined ? output : `${output}/linear`;
  return [
    onnxNode('Conv', inputs, [result], window(attributes)),
    ...(activation === undefined ? [] : [onnxNode(activation, [result], [output])]),
  ];
}

export function encodeTransposed(
  names: Names,
  attributes: OperatorAttributes['ConvTranspose'],
  node: Node<'ConvTranspose'>,
): unknown[] {
  const [positions, kernel] = [0, 1].map((i) => present(node.inputs[i]).shape.slice(2)) as [
    number[],
    number[],
  ];
  const output_padding = outputPadding(positions, kernel, attributes);
  return (
    adjointConvolution(names, attributes, node) ?? [
      onnxNode('ConvTranspose', names.inputs, [names.output], { ...window(attributes), output_padding }),
    ]
  );
}
