/**
 * @file The gradient of a convolution in its kernel, in the order of the runtime's own kernels: a convolution again, in which the batch takes the
 * place of the channels, the gradient that of the kernel, and strides and dilations change places.
 */
import { present } from '../util/assert.ts';
import { type Convolving, ownConvolution, toBlocks } from './blocked_convolution.ts';
import type { Node, OperatorAttributes } from './nodes.ts';
import { onnxNode } from './onnx_node.ts';
import { sizeOf } from './operators.ts';

/**
 * Numbers of dy that a processor keeps near: all of them are read anew for every channel of x and row of the window. With more it was half as fast
 * as products of windows (64 samples, 64 → 64 channels, 28×28), except for a few channels.
 */
const MOST_NEAR = 2 ** 19;
const FEW_CHANNELS = 4;
/** Results side by side that the runtime computes at once. */
const LEAST_COLUMNS = 3;

export function isBlockedGradient({ inputs, attributes }: Node<'KernelGradient'>, block: number): boolean {
  const [x, dy] = inputs.map(({ shape }) => shape) as [readonly number[], readonly number[]];
  const [batch = 0, channels = 0] = x;
  const { window, groups } = attributes;
  if (block === 0 || groups !== 1 || window.length !== 2) return false;
  if (batch % block !== 0 || (dy[1] as number) % block !== 0) return false;
  return (window[1] as number) >= LEAST_COLUMNS && (channels <= FEW_CHANNELS || sizeOf(dy) <= MOST_NEAR);
}

/** dw[o, i, k] = Σ dy[n, o, p] · x[n, i, p·stride + k·dilation − before], n in blocks. */
export function blockedKernelGradient(
  { inputs: [x = '', dy = ''], output, integers, block }: Convolving,
  { before, strides, dilations, window }: OperatorAttributes['KernelGradient'],
  node: Node<'KernelGradient'>,
): unknown[] {
  const [batch, channels, ...size] = present(node.inputs[0]).shape as [number, number, ...number[]];
  const [, filters, ...positions] = present(node.inputs[1]).shape as [number, number, ...number[]];
  const name = (part: string) => `${output}/${part}`;
  const reshape = (from: string, shape: readonly number[], to: string) =>
    onnxNode('Reshape', [from, integers.of(shape)], [to]);
  const [height, width] = size as [number, number];
  const [top, left] = before as [number, number];
  // Exactly what is read: less than nothing where the last rows or columns are not.
  const [bottom, right] = size.map((length, axis) => {
    const reach = (strides[axis] as number) * ((positions[axis] as number) - 1);
    const own = (dilations[axis] as number) * ((window[axis] as number) - 1);
    return reach + own + 1 - length - (before[axis] as number);
  }) as [number, number];
  const pads = integers.of([0, top, left * block, 0, bottom, right * block]);
  const blocks = batch / block;
  return [
    reshape(x, [1, batch, channels * height * width, 1], name('batch')),
    toBlocks(name('batch'), name('together')),
    reshape(name('together'), [blocks, channels, height * width * block], name('apart')),
    onnxNode('Transpose', [name('apart')], [name('channels')], { perm: [1, 0, 2] }),
    reshape(name('channels'), [channels * blocks, height, width * block], name('rows')),
    onnxNode('Pad', [name('rows'), pads], [name('padded')]),
    reshape(name('padded'), [channels, batch, top + height + bottom, left + width + right], name('x')),
    toBlocks(dy, name('dy')),
    reshape(name('dy'), [blocks, block, filters / block, sizeOf(positions), block], name('split')),
    onnxNode('Transpose', [name('split')], [name('filters')], { perm: [2, 0, 3, 1, 4] }),
    reshape(name('filters'), [filters, batch, ...positions], name('kernel')),
    ...ownConvolution([name('x'), name('kernel')], name('exchanged'), filters, {
      strides: dilations,
      dilations: strides,
      pads: [0, 0, 0, 0],
      group: 1,
    }),
    onnxNode('Transpose', [name('exchanged')], [output], { perm: [1, 0, 2, 3] }),
  ];
}
