/** @file Builds graphs for the tests, runs them on ONNX Runtime, compares. */
import { expect } from 'vitest';
import {
  calculus as c,
  createSession,
  type Graph,
  GraphBuilder,
  gradients,
  sizeOf,
  type Tensor,
} from '../../../src/graph/index.ts';
import { present } from '../../../src/util/assert.ts';
import type { OperatorCase } from './cases.ts';
import { between, draw } from './draws.ts';

export type Values = Map<string, Float64Array>;

/** All outputs of one run, copied. Feeds of unknown names are ignored. */
export async function runOnnx(graph: Graph, feeds: ReadonlyMap<string, ArrayLike<number>>): Promise<Values> {
  const session = await createSession(graph);
  try {
    for (const { name } of graph.inputs) session.input(name).set(present(feeds.get(name), name));
    await session.run();
    return new Map(graph.outputs.map(({ name }) => [name, Float64Array.from(session.output(name))]));
  } finally {
    await session.release();
  }
}

/** A graph of what `build` makes of inputs of these shapes, named x0, x1, …; `build` declares the outputs. */
export function graphOf(
  shapes: readonly (readonly number[])[],
  build: (g: GraphBuilder, ...inputs: Tensor[]) => void,
): Graph {
  const g = new GraphBuilder();
  build(g, ...shapes.map((shape, i) => g.input(`x${i}`, shape)));
  return g.finish();
}

/**
 * Adds the outputs `y`, `loss` = Σ wᵢyᵢ and `gradient of x0`, … . The weights are random and positive, so that elements
 * neither vanish nor cancel and a gradient that lands on the wrong element shows.
 */
export function differentiate(g: GraphBuilder, y: Tensor, xs: readonly Tensor[]): Float64Array {
  const weights = draw(y.shape, between(0.5, 1.5), 'weights');
  const loss = c.total(g, c.mul(g, y, g.input('weights', y.shape)));
  g.output('y', y);
  g.output('loss', loss);
  gradients(g, loss, xs).forEach((gradient, i) => {
    g.output(`gradient of x${i}`, gradient);
  });
  return weights;
}

/** The case with its derivatives, and its inputs. */
export function prepare({ inputs, build, name }: OperatorCase): { graph: Graph; feeds: Values } {
  const feeds: Values = new Map();
  inputs.forEach((input, i) => {
    feeds.set(`x${i}`, draw(input.shape, input.draw, name, i));
  });
  const graph = graphOf(
    inputs.map(({ shape }) => shape),
    (g, ...xs) => {
      feeds.set('weights', differentiate(g, build(g, ...xs), xs));
    },
  );
  return { graph, feeds };
}

export interface Tolerance {
  readonly relative: number;
  /** Of the largest element: cancellation in a sum cannot do better. */
  readonly ofLargest: number;
  /** Whatever the elements are. */
  readonly absolute: number;
}

/** What is left of float32 (2⁻²⁴ = 6e-8) after the handful of operations of one operator and its derivative. */
export const float32: Tolerance = { relative: 1e-6, ofLargest: 1e-6, absolute: 0 };

/**
 * Of gradients in which terms cancel. Inputs and weights are of order 1: what is left of such terms (softmax: y (w − Σ w y)) is
 * not known better than their rounding, however small it is.
 */
export const cancelling: Tolerance = { ...float32, absolute: 4 * 2 ** -24 };

const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Every element within the tolerance; infinities equal, NaN nowhere. */
export function expectClose(
  actual: Float64Array,
  expected: Float64Array,
  { relative, ofLargest, absolute }: Tolerance,
  what: string,
): void {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  const floor = Math.max(absolute, ofLargest * largest(expected.filter(Number.isFinite)));
  expected.forEach((value, i) => {
    const close =
      actual[i] === value || Math.abs((actual[i] as number) - value) <= relative * Math.abs(value) + floor;
    if (!close) expect.fail(`${what}: element ${i} is ${actual[i]}, expected ${value}`);
  });
}

/** The value of an output, in the length of its shape. */
export function outputOf(values: Values, graph: Graph, name: string): Float64Array {
  const { tensor } = present(
    graph.outputs.find((output) => output.name === name),
    name,
  );
  const value = present(values.get(name), name);
  expect(value.length, name).toBe(sizeOf(tensor.shape));
  return value;
}
