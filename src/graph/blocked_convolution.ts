/**
 * @file Convolutions of images in the order of the runtime's own kernels: blocks of so many channels as a vector register holds lie side by side,
 * [batch, channels/block, height, width, block]. The runtime takes this order by itself only where kernels are constant,
 * as they are not in a training. Its operators for it are not part of ONNX: only sessions are given them, no file.
 */
import type { Convolution, Shape } from './nodes.ts';
import type { Lists } from './onnx_lists.ts';
import { type AttributeValue, elementTypes, onnxNode } from './onnx_node.ts';
import { writeModel } from './onnx_schema.ts';
import { sizeOf } from './operators.ts';

/** Where the runtime keeps these operators: `ReorderInput`, `Conv`, `ReorderOutput` in onnxruntime/core/graph/contrib_ops/nchwc_schema_defs.cc. */
export const BLOCKED_DOMAIN = 'com.microsoft.nchwc';

const blocked = (opType: string, inputs: readonly string[], output: string, attributes = {}) =>
  onnxNode(opType, inputs, [output], attributes, BLOCKED_DOMAIN);

/** [n, channels, height, width] → [n, channels/block, height, width, block] */
export const toBlocks = (input: string, output: string) =>
  blocked('ReorderInput', [input], output, { channels_last: 0 });

/**
 * Nanoseconds, measured with ONNX Runtime 1.30 on AVX512 at 8×8 to 56×56, 3 to 128 channels, batches of 8 to 64: what a multiplication
 * takes less than in a convolution of ONNX, of all channels and of one channel each; and what it takes to put a number in order.
 */
const GAINED = 0.0107;
const GAINED_IN_DEPTH = 0.45;
const REORDERING = 0.2;
const REORDERING_KERNEL = 1.3;

/** What a convolution is to be written with. */
export interface Convolving {
  /** x, the kernel, perhaps the bias. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly integers: Lists;
  /** Channels of a block; 0 where the runtime knows none. */
  readonly block: number;
  /** What is done to every result. */
  readonly activation?: 'Relu';
}

interface Shapes {
  /** [batch, in, height, width] */
  readonly x: Shape;
  /** Of the kernel as it is used: [out, in/groups, height, width] */
  readonly kernel: Shape;
  /** [batch, out, height, width] */
  readonly y: Shape;
}

const channelsOf = (shape: Shape): number => shape[1] as number;

/** Every channel by itself. */
const isDepthwise = ({ x, y }: Shapes, groups: number): boolean =>
  groups > 1 && groups === channelsOf(x) && groups === channelsOf(y);

/** A few channels are read as they lie. */
const readsPlain = (shapes: Shapes, groups: number, block: number): boolean =>
  !isDepthwise(shapes, groups) && channelsOf(shapes.x) < block;

/** Whether the runtime's kernels take it, and save more than it takes to put everything in order and back. */
function pays(shapes: Shapes, groups: number, block: number): boolean {
  const { x, kernel, y } = shapes;
  const window = sizeOf(kernel.slice(2));
  // Of single elements a convolution is a product of matrices, for which nothing is copied.
  if (block === 0 || x.length !== 4 || window === 1 || channelsOf(y) % block !== 0) return false;
  const alone = isDepthwise(shapes, groups);
  const plain = readsPlain(shapes, groups, block);
  if (!alone && (groups !== 1 || (!plain && channelsOf(x) % block !== 0))) return false;
  const multiplications = sizeOf(y) * channelsOf(kernel) * window;
  const reordered = sizeOf(y) + (plain ? 0 : sizeOf(x));
  const gained = multiplications * (alone ? GAINED_IN_DEPTH : GAINED);
  return gained > REORDERING * reordered + REORDERING_KERNEL * sizeOf(kernel);
}

type Window = { readonly groups: number } & Readonly<
  Record<'strides' | 'dilations' | 'pads', readonly number[]>
>;

/** Of x and kernel that are in order; the result is in that of ONNX. */
export const ownConvolution = (
  inputs: readonly string[],
  output: string,
  channels: number,
  attributes: Readonly<Record<string, AttributeValue>>,
): unknown[] => [
  blocked('Conv', inputs, `${output}/y`, attributes),
  blocked('ReorderOutput', [`${output}/y`], output, { channels, channels_last: 0 }),
];

/** The convolution itself, of a kernel that is in order. */
function convolve(
  { inputs: [x = '', , ...bias], output, block, activation }: Convolving,
  kernel: string,
  shapes: Shapes,
  { groups, ...window }: Window,
): unknown[] {
  const plain = readsPlain(shapes, groups, block);
  const ordered = plain ? x : `${output}/x`;
  return [
    ...(plain ? [] : [toBlocks(x, ordered)]),
    ...ownConvolution([ordered, kernel, ...bias], output, channelsOf(shapes.y), {
      ...window,
      group: groups,
      ...(activation !== undefined && { activation }),
    }),
  ];
}

/** [out, rest] → [out/block, rest, block] */
const filtersInside = (
  { integers, block, output }: Convolving,
  kernel: string,
  [out, ...rest]: Shape,
  ordered: string,
): unknown[] => [
  onnxNode(
    'Reshape',
    [kernel, integers.of([(out as number) / block, block, sizeOf(rest), 1])],
    [`${output}/rows`],
  ),
  toBlocks(`${output}/rows`, `${output}/turned`),
  onnxNode('Reshape', [`${output}/turned`, integers.of([out as number, ...rest])], [ordered]),
];

/**
 * `Conv` in blocks; null where it does not pay.
 * The runtime wants kernels as [out/block, in/block, height, width, block of in, block of out]; of a few or of single channels as
 * [out/block, in, height, width, block of out].
 */
export function blockedConvolution(
  names: Convolving,
  { groups, before, after, strides, dilations }: Convolution,
  shapes: Shapes,
): unknown[] | null {
  const { output, block } = names;
  if (!pays(shapes, groups, block)) return null;
  const [kernel, ordered] = [names.inputs[1] as string, `${output}/kernel`];
  const inBlocks = channelsOf(shapes.kernel) >= block;
  const turned = inBlocks ? `${output}/inner` : kernel;
  return [
    ...(inBlocks ? [toBlocks(kernel, turned)] : []),
    ...filtersInside(names, turned, shapes.kernel, ordered),
    ...convolve(names, ordered, shapes, { groups, strides, dilations, pads: [...before, ...after] }),
  ];
}

/** [out, in/groups, height, width] → [in, out/groups, height, width], the window turned around, in order. */
function adjointKernel(
  names: Convolving,
  groups: number,
  given: Shape,
  exchanged: Shape,
  ordered: string,
): unknown[] {
  const { inputs, output, block, integers } = names;
  const [out, inner, ...window] = given as [number, number, ...number[]];
  const name = (part: string) => `${output}/${part}`;
  const [kernel, count] = [inputs[1] as string, sizeOf(window)];
  const turn = (from: string, shape: Shape) => [
    onnxNode('Reshape', [from, integers.of(shape)], [name('window')]),
    onnxNode('Gather', [name('window'), integers.of([...Array(count).keys()].toReversed())], [name('back')], {
      axis: 1,
    }),
  ];
  const exchange = (shape: Shape, perm: readonly number[]) => [
    onnxNode('Reshape', [name('back'), integers.of(shape)], [name('split')]),
    onnxNode('Transpose', [name('split')], [name('exchanged')], { perm }),
  ];
  if (groups === 1 && inner % block === 0 && out % block === 0)
    return [
      toBlocks(kernel, name('inner')),
      ...turn(name('inner'), [(out * inner) / block, count, block]),
      ...exchange([out / block, block, inner / block, count, block], [2, 0, 3, 1, 4]),
      onnxNode('Reshape', [name('exchanged'), integers.of(exchanged)], [ordered]),
    ];
  return [
    ...turn(kernel, [out * inner, count]),
    ...exchange([groups, out / groups, inner, count], [0, 2, 1, 3]),
    ...filtersInside(names, name('exchanged'), exchanged, ordered),
  ];
}

/** [batch, channels, rows, columns] in blocks, with zeros after every row and column, so that they lie these steps apart. */
function spread(
  { output, integers, block }: Convolving,
  from: string,
  {
    x: [batch = 0, channels = 0, rows = 0, columns = 0],
    steps: [down, across],
  }: { x: Shape; steps: number[] },
  to: string,
): unknown[] {
  const images = (batch * channels) / block;
  const wide = columns * (across as number);
  const [few, padded, wider, higher] = ['few', 'padded', 'wider', 'higher'].map(
    (part) => `${output}/${part}`,
  );
  const reshape = (input: string, shape: readonly number[], result: string) =>
    onnxNode('Reshape', [input, integers.of(shape)], [result]);
  const pad = (input: string, more: number, result: string) =>
    onnxNode('Pad', [input, integers.of([0, 0, 0, 0, 0, more])], [result]);
  return [
    reshape(from, [images * rows, columns, block], few as string),
    pad(few as string, ((across as number) - 1) * block, padded as string),
    reshape(padded as string, [images, rows, wide * block], wider as string),
    pad(wider as string, ((down as number) - 1) * wide * block, higher as string),
    reshape(higher as string, [batch, channels, rows * (down as number), wide], to),
  ];
}

/**
 * The adjoint of a convolution in blocks: a convolution with the kernel's window turned around and its channels exchanged, of what is
 * spread by the strides; null where it does not pay. Of all channels the zeros between cost more than they save.
 * @param given shapes, the kernel's as the convolution has it
 */
export function blockedAdjoint(
  names: Convolving,
  { groups, dilations, strides, before }: Convolution,
  given: Shapes,
): unknown[] | null {
  const [out, inner, ...window] = given.kernel as [number, number, ...number[]];
  const apart = given.x.map((size, axis) => size * (strides[axis - 2] ?? 1));
  const shapes = { ...given, x: apart, kernel: [inner * groups, out / groups, ...window] };
  const moved = strides.some((stride) => stride !== 1);
  if (!pays(shapes, groups, names.block) || (moved && !isDepthwise(shapes, groups))) return null;
  const reach = window.map((length, axis) => (dilations[axis] as number) * (length - 1));
  const first = reach.map((most, axis) => most - (before[axis] as number));
  const last = reach.map(
    (most, axis) =>
      most + (given.y[axis + 2] as number) - (apart[axis + 2] as number) - (first[axis] as number),
  );
  if ([...first, ...last].some((n) => n < 0)) return null;
  const { output } = names;
  const ordered = `${output}/kernel`;
  const attributes = { dilations, strides: strides.map(() => 1), pads: [...first, ...last] };
  const kernel = adjointKernel(names, groups, given.kernel, shapes.kernel, ordered);
  if (!moved) return [...kernel, ...convolve(names, ordered, shapes, { groups, ...attributes })];
  const [blocks, wide] = [`${output}/x`, `${output}/apart`];
  return [
    ...kernel,
    toBlocks(names.inputs[0] as string, blocks),
    ...spread(names, blocks, { x: given.x, steps: [...strides] }, wide),
    ...ownConvolution([wide, ordered], output, channelsOf(given.y), { ...attributes, group: groups }),
  ];
}

/** What `encodeReordering` is given: fewer than any block has. */
export const REORDERED_CHANNELS = 4;

/** A model that puts x [1, 4, 1, 1] in order, y [1, block, 1, 1]. */
export function encodeReordering(): Uint8Array {
  const info = (name: string, dimValue?: number) => {
    const dim = [1, dimValue, 1, 1].map((size) => (size === undefined ? {} : { dimValue: size }));
    return { name, type: { tensorType: { elemType: elementTypes.float32, shape: { dim } } } };
  };
  return writeModel({
    irVersion: 8,
    producerName: 'gradclinic',
    opsetImport: [
      { domain: '', version: 17 },
      { domain: BLOCKED_DOMAIN, version: 1 },
    ],
    graph: {
      name: 'block',
      node: [toBlocks('x', 'y')],
      input: [info('x', REORDERED_CHANNELS)],
      output: [info('y')],
    },
  });
}
