/** @file Where functions have kinks, poles or tails: the conventions of the contract, on both engines. */
import { describe, expect, test } from 'vitest';
import { calculus as c, type GraphBuilder, type Tensor } from '../../../src/graph/index.ts';
import { evaluate } from '../../reference/evaluate.ts';
import { erf, sigmoid, softplus } from '../../reference/special_functions.ts';
import { differentiate, expectClose, graphOf, runOnnx, type Values } from './harness.ts';

type Build = (g: GraphBuilder, ...xs: Tensor[]) => Tensor;

const INFINITY = Number.POSITIVE_INFINITY;

/** Values and gradients of `build` at vectors, once per engine; the loss is the plain sum. */
async function both(build: Build, ...vectors: number[][]): Promise<Values[]> {
  const feeds: Values = new Map(vectors.map((vector, i) => [`x${i}`, Float64Array.from(vector)]));
  const graph = graphOf(
    vectors.map((vector) => [vector.length]),
    (g, ...xs) => {
      feeds.set('weights', differentiate(g, build(g, ...xs), xs).fill(1));
    },
  );
  return [await runOnnx(graph, feeds), evaluate(graph, feeds)];
}

/** −0 counts as 0. */
const list = (values: Values, name: string) => [...(values.get(name) ?? [])].map((value) => value + 0);

describe('kinks', () => {
  const single: [string, Build, number[], number[]][] = [
    ['relu′(0) = 0', c.relu as Build, [-1, -0, 0, 1], [0, 0, 0, 1]],
    ['|0|′ = 0', c.abs as Build, [-1, -0, 0, 1], [-1, 0, 0, 1]],
    [
      'clipping gives 0 at both ends',
      (g, x) => c.min(g, c.max(g, x as Tensor, g.constant(-1)), g.constant(1)),
      [-2, -1, 0, 1, 2],
      [0, 0, 1, 0, 0],
    ],
  ];
  test.each(single)('%s', async (_, build, x, slopes) => {
    for (const values of await both(build, x)) expect(list(values, 'gradient of x0')).toEqual(slopes);
  });

  test.each([
    ['max', c.max, [0, 0, 1], [1, 0, 0]],
    ['min', c.min, [1, 0, 0], [0, 0, 1]],
  ] as const)('a tie in %s gives nothing to either', async (_, build, left, right) => {
    for (const values of await both(build as Build, [1, 2, 3], [2, 2, 2])) {
      expect(list(values, 'gradient of x0')).toEqual(left);
      expect(list(values, 'gradient of x1')).toEqual(right);
    }
  });
});

describe('a branch that is not taken', () => {
  const choose: Build = (g, x, yes, no) =>
    c.where(g, c.greater(g, x as Tensor, g.constant(0)), yes as Tensor, no as Tensor);

  test('may be infinite or NaN: neither value nor gradient of Where sees it', async () => {
    const values = await both(choose, [1, -1, 1], [5, INFINITY, 5], [INFINITY, 6, Number.NaN]);
    for (const one of values) {
      expect(list(one, 'y')).toEqual([5, 6, 5]);
      expect(list(one, 'gradient of x1')).toEqual([1, 0, 1]);
      expect(list(one, 'gradient of x2')).toEqual([0, 1, 0]);
    }
  });

  test('gets 0 of an infinite gradient, not 0 · ∞', async () => {
    const scaled: Build = (g, x, yes, no, factor) =>
      c.mul(g, choose(g, x as Tensor, yes as Tensor, no as Tensor), factor as Tensor);
    for (const values of await both(scaled, [1, -1], [5, 5], [6, 6], [INFINITY, INFINITY])) {
      expect(list(values, 'gradient of x1')).toEqual([INFINITY, 0]);
      expect(list(values, 'gradient of x2')).toEqual([0, INFINITY]);
    }
  });

  test('infinite inputs of relu, abs, max and min have the slopes of their side', async () => {
    const infinite = [INFINITY, -INFINITY];
    const slopes: [Build, number[]][] = [
      [c.relu as Build, [1, 0]],
      [c.abs as Build, [1, -1]],
      [(g, x) => c.max(g, x as Tensor, g.constant(0)), [1, 0]],
      [(g, x) => c.min(g, x as Tensor, g.constant(0)), [0, 1]],
    ];
    for (const [build, expected] of slopes) {
      for (const values of await both(build, infinite)) {
        expect(list(values, 'gradient of x0')).toEqual(expected);
      }
    }
  });
});

describe('tails', () => {
  /** Float32 has full precision down to 1.2e-38; below it, and above the largest number, only the sign of it is asked. */
  const NORMAL = 1.2e-38;
  const points = [
    -100, -88, -87, -60, -30, -20, -17, -15, -8, -1, -0.1, 0, 0.1, 1, 8, 15, 17, 20, 60, 88, 100,
  ];

  const functions: [string, Build, (x: number) => number][] = [
    ['sigmoid', c.sigmoid as Build, sigmoid],
    ['softplus', c.softplus as Build, softplus],
    ['tanh', c.tanh as Build, Math.tanh],
    ['erf', c.erf as Build, erf],
    ['exp', c.exp as Build, Math.exp],
  ];
  test.each(functions)('%s is right to 1e-6 of itself from −100 to 100', async (_, build, f) => {
    const [values] = await both(build, points);
    list(values as Values, 'y').forEach((value, i) => {
      const expected = f(points[i] as number);
      if (expected > 3.4e38) expect(value).toBe(INFINITY);
      else
        expect(Math.abs(value - expected), `f(${points[i]}) = ${value}, not ${expected}`).toBeLessThanOrEqual(
          Math.max(1e-6 * Math.abs(expected), NORMAL),
        );
    });
  });

  test('σ′ is right on the left tail, where deep stacks of sigmoids live, and finite everywhere', async () => {
    const [values] = await both(c.sigmoid as Build, points);
    list(values as Values, 'gradient of x0').forEach((slope, i) => {
      const x = points[i] as number;
      const expected = sigmoid(x) * sigmoid(-x);
      if (x <= 1) expect(Math.abs(slope - expected)).toBeLessThanOrEqual(Math.max(1e-6 * expected, NORMAL));
      // 1 − σ(x) loses what σ(x) rounds away next to 1: half a unit of 2⁻²⁴.
      else expect(Math.abs(slope - expected)).toBeLessThanOrEqual(6e-8);
    });
  });

  test('logarithms of softmax do not overflow', async () => {
    const [onnx, exact] = await both((g, x) => c.logSoftmax(g, x as Tensor, 0), [1000, 0, -1000]);
    expectClose(
      (onnx as Values).get('y') as Float64Array,
      (exact as Values).get('y') as Float64Array,
      { relative: 1e-6, ofLargest: 0, absolute: 0 },
      'log softmax',
    );
    expect(list(exact as Values, 'y')).toEqual([0, -1000, -2000]);
  });
});
