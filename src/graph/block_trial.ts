/**
 * @file A small graph that the runtime's own convolutions have to compute as those of ONNX do before they are used: how they keep
 * channels and kernels is the runtime's affair, and may be another on another processor.
 */
import * as c from './calculus.ts';
import { gradients } from './derivatives.ts';
import { type Graph, GraphBuilder } from './graph.ts';
import type { Shape } from './nodes.ts';
import { sizeOf } from './operators.ts';

export interface BlockTrial {
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, { readonly shape: Shape; readonly values: Float32Array }>;
}

/** Numbers between −1 and 1, none like its neighbours. */
const drawn = (size: number, phase: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + phase) * Math.cos(0.31 * i * phase + i));

const SIDE = 10;

/**
 * Few channels, all channels and channels by themselves, each with the gradients at its input and its kernel; as many images as a block
 * has channels, which the gradients of kernels put in their place.
 * @param block channels of a block
 */
export function blockTrial(block: number): BlockTrial {
  const g = new GraphBuilder();
  const feeds = new Map<string, { shape: Shape; values: Float32Array }>();
  const input = (name: string, shape: Shape) => {
    feeds.set(name, { shape, values: drawn(sizeOf(shape), feeds.size + 1) });
    return g.input(name, shape);
  };
  const [few, many] = [3, 2 * block];
  const sides = { strides: [1, 1], dilations: [1, 1], before: [1, 1], after: [1, 1] };
  const x = input('x', [block, few, SIDE, SIDE]);
  const kernels = [
    input('few', [many, few, 3, 3]),
    input('all', [many, many, 3, 3]),
    input('alone', [many, 1, 3, 3]),
  ] as const;
  const [first, second, third] = kernels;
  const once = c.conv(g, x, first, { ...sides, groups: 1 });
  const twice = c.conv(g, c.relu(g, once), second, { ...sides, groups: 1 });
  const y = c.conv(g, twice, third, { ...sides, groups: many });
  const weights = input('weights', y.shape);
  g.output('y', y);
  gradients(g, c.total(g, c.mul(g, y, weights)), [x, ...kernels]).forEach((gradient, i) => {
    g.output(`gradient ${i}`, gradient);
  });
  return { graph: g.finish(), feeds };
}

/** Of the largest of an output: sums of some thousand float32 products, in another order. */
const TOLERANCE = 1e-4;

/** @returns whether both are the same but for rounding */
export function agree(own: Float32Array, known: Float32Array): boolean {
  const largest = known.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    own.length === known.length &&
    own.every((value, i) => Math.abs(value - (known[i] as number)) <= TOLERANCE * largest)
  );
}
