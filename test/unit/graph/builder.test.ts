/** @file The builder: shared nodes, pruning, shape errors that name their layer. */
import { describe, expect, test } from 'vitest';
import {
  calculus as c,
  flopsOf,
  GraphBuilder,
  GraphShapeError,
  gradients,
  type Scope,
  type Tensor,
} from '../../../src/graph/index.ts';

const operatorsOf = ({ nodes }: { nodes: GraphBuilder['nodes'] }) => nodes.map(({ operator }) => operator);

describe('equal applications share a node', () => {
  test('same operator, inputs and attributes', () => {
    const g = new GraphBuilder();
    const x = g.input('x', [2, 3]);
    expect(c.sigmoid(g, x)).toBe(c.sigmoid(g, x));
    expect(c.transpose(g, x, [1, 0])).toBe(c.transpose(g, x, [1, 0]));
    expect(g.nodes).toHaveLength(2);
  });

  test('not where operator, order of inputs or attributes differ', () => {
    const g = new GraphBuilder();
    const [x, y] = [g.input('x', [2, 2]), g.input('y', [2, 2])];
    const made = [
      c.sub(g, x, y),
      c.sub(g, y, x),
      c.add(g, x, y),
      c.softmax(g, x, 0),
      c.softmax(g, x, 1),
      c.gemm(g, x, y, true, false),
      c.gemm(g, x, y, false, true),
    ];
    expect(new Set(made.map(({ id }) => id)).size).toBe(made.length);
  });

  test('equal constants are one tensor; 0 and −0 are two', () => {
    const g = new GraphBuilder();
    expect(g.constant(0.5)).toBe(g.constant(0.5));
    expect(g.constant(0)).not.toBe(g.constant(-0));
  });

  test('a derivative reuses the forward pass: σ′ = σ(1 − σ) has one Sigmoid', () => {
    const g = new GraphBuilder();
    const x = g.input('x', [3]);
    const [gradient] = gradients(g, c.total(g, c.sigmoid(g, x)), [x]);
    g.output('gradient', gradient as Tensor);
    expect(operatorsOf(g.finish()).filter((operator) => operator === 'Sigmoid')).toHaveLength(1);
  });
});

describe('what is copied is computed once', () => {
  test('an operand that was stretched is used as it was, and the result stretched if it has to be', () => {
    const g = new GraphBuilder();
    const [narrow, wide] = [g.input('narrow', [3]), g.input('wide', [2, 3])];
    const stretched = c.expand(g, narrow, [2, 3]);
    expect(c.mul(g, stretched, wide)).toBe(c.mul(g, narrow, wide));
    const doubled = c.mul(g, stretched, g.constant(2));
    expect(doubled.shape).toEqual([2, 3]);
    expect(doubled).toBe(c.expand(g, c.mul(g, narrow, g.constant(2)), [2, 3]));
  });

  test('shapes that do not fit are refused, though what was stretched would', () => {
    const g = new GraphBuilder();
    const [stretched, other] = [c.expand(g, g.input('x', [1]), [3]), g.input('y', [4])];
    const add = () => g.within({ layer: 'sum', pointer: '/layers/0' }, () => c.add(g, stretched, other));
    expect(add).toThrow(GraphShapeError);
    expect(add).toThrow(/layer "sum"/);
  });

  test('a sum of opposites is the opposite of the sum', () => {
    const g = new GraphBuilder();
    const x = g.input('x', [2, 3]);
    expect(c.reduceSum(g, c.neg(g, x), [0], true)).toBe(c.neg(g, c.reduceSum(g, x, [0], true)));
  });

  test('the derivative of a normalization passes over its elements eight times, and copies nothing to their size', () => {
    const g = new GraphBuilder();
    const [x, gamma, weights] = [g.input('x', [8, 5]), g.input('gamma', [5]), g.input('weights', [8, 5])];
    const deviation = c.sub(g, x, c.reduceMean(g, x, [0], true));
    const variance = c.reduceMean(g, c.mul(g, deviation, deviation), [0], true);
    const y = c.mul(g, deviation, c.div(g, gamma, c.sqrt(g, variance)));
    const forward = new Set(g.nodes.map(({ output }) => output.id));
    const loss = c.total(g, c.mul(g, y, weights));
    for (const [i, gradient] of gradients(g, loss, [x, gamma]).entries()) g.output(`${i}`, gradient);
    const large = ({ shape }: Tensor) => shape.reduce((product, n) => product * n, 1) === 40;
    const backward = g.finish().nodes.filter(({ output }) => !forward.has(output.id));
    const passes = backward.filter(({ inputs, output }) => [...inputs, output].some(large));
    expect(passes.map(({ operator }) => operator).sort()).toEqual([
      'Add',
      'Add',
      'Mul',
      'Mul',
      'Mul',
      'Mul',
      'ReduceSum',
      'ReduceSum',
    ]);
  });
});

test('elements are dealt without a slice that has steps, and gathered again by one copy an axis', () => {
  const g = new GraphBuilder();
  const x = g.input('x', [2, 7, 3]);
  const dealt = c.deal(g, x, 1, 3);
  expect(dealt.map(({ shape }) => shape)).toEqual([3, 3, 3].map(() => [2, 2, 3]));
  const weighted = dealt.map((part, i) => c.mul(g, part, g.constant(i + 1)));
  const loss = c.total(
    g,
    weighted.reduce((a, b) => c.add(g, a, b)),
  );
  g.output('gradient', gradients(g, loss, [x])[0] as Tensor);
  dealt.forEach((part, i) => {
    g.output(`${i}`, part);
  });
  const { nodes } = g.finish();
  const slices = nodes.filter(({ operator }) => operator === 'Slice');
  expect(slices.map(({ attributes }) => attributes)).toEqual([
    { axis: 1, start: 0, step: 1, count: 6 },
    ...[0, 1, 2].map((start) => ({ axis: 2, start, step: 1, count: 1 })),
  ]);
  expect(nodes.filter(({ operator }) => operator === 'Concat')).toHaveLength(1);
  expect(c.deal(g, x, 1, 1)).toEqual([x]);
});

describe('finish', () => {
  test('leaves out what no output needs and keeps every input', () => {
    const g = new GraphBuilder();
    const [x, unused] = [g.input('x', [2]), g.input('unused', [2])];
    const kept = c.mul(g, c.exp(g, x), g.constant(2));
    c.mul(g, c.sin(g, unused), g.constant(3));
    g.output('y', kept);
    const graph = g.finish();
    expect(operatorsOf(graph)).toEqual(['Exp', 'Mul']);
    expect([...graph.constants.values()]).toEqual([{ shape: [], data: Float32Array.of(2) }]);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'unused']);
  });

  test('prunes the gradients that nobody asked for', () => {
    const g = new GraphBuilder();
    const [x, w] = [g.input('x', [4, 3]), g.input('w', [3, 2])];
    const [gradient] = gradients(g, c.total(g, c.gemm(g, x, w)), [w]);
    g.output('gradient of w', gradient as Tensor);
    // One product, xᵀ·dy; neither the forward one nor dy·wᵀ is left.
    expect(operatorsOf(g.finish()).filter((operator) => operator === 'Gemm')).toHaveLength(1);
  });

  test('nodes stand after what they read', () => {
    const g = new GraphBuilder();
    const x = g.input('x', [2, 2]);
    const loss = c.total(g, c.tanh(g, c.matMul(g, x, c.sin(g, x))));
    g.output('gradient', gradients(g, loss, [x])[0] as Tensor);
    const { nodes, inputs, constants } = g.finish();
    const known = new Set([...inputs.map(({ tensor }) => tensor.id), ...constants.keys()]);
    for (const node of nodes) {
      for (const input of node.inputs) expect(known.has(input.id)).toBe(true);
      known.add(node.output.id);
    }
  });
});

describe('shapes that do not fit', () => {
  const wrong: [string, (g: GraphBuilder) => unknown, string][] = [
    ['elementwise', (g) => c.add(g, g.input('a', [2, 3]), g.input('b', [2])), '[2, 3] and [2]'],
    ['Gemm', (g) => c.gemm(g, g.input('a', [2, 3]), g.input('b', [2, 3])), '[2, 3] · [2, 3]'],
    ['Gemm of a vector', (g) => c.gemm(g, g.input('a', [3]), g.input('b', [3, 2])), '[3]'],
    ['MatMul', (g) => c.matMul(g, g.input('a', [2, 3]), g.input('b', [4, 2])), '[2, 3] · [4, 2]'],
    ['Reshape', (g) => c.reshape(g, g.input('a', [2, 3]), [5]), '[2, 3]'],
    ['Expand', (g) => c.expand(g, g.input('a', [2]), [3]), '[2] and [3]'],
  ];

  test.each(wrong)('%s names the layer and the shapes', (_, build, shapes) => {
    const g = new GraphBuilder();
    const scope = { layer: 'dense_2', pointer: '/network/layers/1' };
    const error = captured(() => g.within(scope, () => build(g)));
    expect(error).toBeInstanceOf(GraphShapeError);
    expect(error).toMatchObject({ scope, message: expect.stringMatching(/^layer "dense_2": /) });
    expect(error).toMatchObject({ message: expect.stringContaining(shapes) });
  });

  test.each(wrong)('%s outside any layer', (_, build, shapes) => {
    const error = captured(() => build(new GraphBuilder()));
    expect(error).toBeInstanceOf(GraphShapeError);
    expect(error).toMatchObject({ scope: null, message: expect.stringContaining(shapes) });
  });

  test('the innermost layer is named, and the outer one again after it', () => {
    const g = new GraphBuilder();
    const [a, b] = [g.input('a', [2]), g.input('b', [3])];
    const [outer, inner] = ['residual_1', 'dense_1'].map((layer) => ({ layer, pointer: `/${layer}` }));
    const errors = g.within(outer as Scope, () => [
      captured(() => g.within(inner as Scope, () => c.add(g, a, b))),
      captured(() => c.add(g, a, b)),
    ]);
    expect(errors).toMatchObject([{ scope: inner }, { scope: outer }]);
    expect(captured(() => c.add(g, a, b))).toMatchObject({ scope: null });
  });
});

function captured(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return null;
}

test('names of inputs and of outputs are unique', () => {
  const g = new GraphBuilder();
  const x = g.input('x', [1]);
  g.output('y', x);
  expect(() => g.input('x', [1])).toThrow('x exists already');
  expect(() => g.output('y', x)).toThrow('y exists already');
});

test('a tensor that the loss does not depend on has a gradient of zeros in its own shape', () => {
  const g = new GraphBuilder();
  const [x, other] = [g.input('x', [2]), g.input('other', [4, 5])];
  const [gradient] = gradients(g, c.total(g, x), [other]);
  expect(gradient?.shape).toEqual([4, 5]);
});

test('the cost counts a multiply–add as two and moving numbers as none', () => {
  const g = new GraphBuilder();
  const product = c.affine(g, g.input('x', [5, 3]), g.input('w', [3, 4]), g.input('b', [4]));
  g.output('y', c.relu(g, c.transpose(g, product, [1, 0])));
  expect(flopsOf(g.finish())).toBe(2 * 5 * 3 * 4 + 20);
});
