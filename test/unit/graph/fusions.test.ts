/** @file Nodes that sessions compute in one pass: only where nobody reads what is between, with the same bits. */
import { describe, expect, test } from 'vitest';
import {
  calculus as c,
  encodeOnnx,
  type Graph,
  type GraphBuilder,
  type Tensor,
} from '../../../src/graph/index.ts';
import { readModel } from '../../../src/graph/onnx_schema.ts';
import { present } from '../../../src/util/assert.ts';
import { draw, ordinary } from './draws.ts';
import { graphOf, outputOf, runOnnx, type Values } from './harness.ts';

type Build = (g: GraphBuilder, x: Tensor, scale: Tensor, shift: Tensor) => Tensor;

const X = [3, 5, 4, 7];
const PER_CHANNEL = [1, 5, 1, 1];

const opTypes = (graph: Graph, inSession: boolean): string[] => {
  const packs = inSession ? { inputs: [], outputs: [], block: 0 } : undefined;
  const model = readModel(encodeOnnx(graph, undefined, packs)) as { graph: { node: { opType: string }[] } };
  return model.graph.node.map(({ opType }) => opType);
};

const feedsOf = (shapes: readonly (readonly number[])[]): Values =>
  new Map(shapes.map((shape, i) => [`x${i}`, draw(shape, ordinary, 'fusions', i)]));

/** @param open whether the product is read as well, so that it stays */
const affine = (build: Build, shapes: readonly number[][], open: boolean): Graph =>
  graphOf(shapes, (g, x, scale, shift) => {
    g.output('y', build(g, x as Tensor, scale as Tensor, shift as Tensor));
    const product = g.nodes.find(({ operator }) => operator === 'Mul');
    if (open) g.output('product', present(product).output);
  });

const orders: readonly [string, Build][] = [
  ['x · scale + shift', (g, x, scale, shift) => c.add(g, c.mul(g, x, scale), shift)],
  ['shift + scale · x', (g, x, scale, shift) => c.add(g, shift, c.mul(g, scale, x))],
];

describe.each(orders)('%s of each channel', (_name, build) => {
  test.each([
    [X, PER_CHANNEL],
    [
      [3, 5, 6],
      [1, 5, 1],
    ],
  ])('of %j is one pass, with the same bits', async (x, wide) => {
    const shapes = [x, wide, wide];
    const [closed, open] = [affine(build, shapes, false), affine(build, shapes, true)];
    expect(opTypes(closed, true)).toContain('BatchNormalization');
    expect(opTypes(closed, true)).not.toContain('Mul');
    expect(opTypes(open, true)).not.toContain('BatchNormalization');
    const feeds = feedsOf(shapes);
    const [fused, apart] = [await runOnnx(closed, feeds), await runOnnx(open, feeds)];
    expect([...outputOf(fused, closed, 'y')]).toEqual([...outputOf(apart, open, 'y')]);
  });

  test('stays two operators in a file', () => {
    expect(opTypes(affine(build, [X, PER_CHANNEL, PER_CHANNEL], false), false)).toEqual(['Mul', 'Add']);
  });
});

test.each([
  ['a scale for each column', X, [1, 1, 1, 7], PER_CHANNEL],
  ['one scale for all', X, [1, 1, 1, 1], PER_CHANNEL],
  ['a shift for each sample', X, PER_CHANNEL, [3, 5, 1, 1]],
  ['vectors', [3, 5], [1, 5], [1, 5]],
])('%s: two operators', (_name, x, scale, shift) => {
  for (const [, build] of orders)
    expect(opTypes(affine(build, [x, scale, shift], false), true)).toEqual(['Mul', 'Add']);
});
