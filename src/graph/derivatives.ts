/**
 * @file Reverse-mode differentiation: one rule per operator, a total table, so that a missing rule does not compile.
 * A rule answers in the shape of the output; shapes that were broadcast are summed back by `Adjoints`, nowhere else.
 */
import { assert } from '../util/assert.ts';
import { Adjoints, type Contribution } from './adjoints.ts';
import * as c from './calculus.ts';
import type { GraphBuilder } from './graph.ts';
import type { Node, Operator, OperatorAttributes, Tensor } from './nodes.ts';
import { differentiateScan, type ScanSeed } from './scan_derivative.ts';

interface Step<O extends Operator> {
  readonly g: GraphBuilder;
  /** ∂loss/∂output */
  readonly dy: Tensor;
  /** The output, for rules that are cheapest in terms of it. */
  readonly y: Tensor;
  readonly attributes: OperatorAttributes[O];
}

/** ∂loss/∂input for every input; null where no gradient flows. Needless ones are pruned when the graph is finished. */
type Rule<O extends Operator> = (step: Step<O>, ...inputs: Tensor[]) => (Contribution | null)[];

/** Loops are differentiated as a whole: their results together. */
type Loop = 'Scan' | 'ScanOutput';

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

const swapLast = (g: GraphBuilder, x: Tensor): Tensor => {
  const rank = x.shape.length;
  return c.transpose(g, x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
};

const nothing = () => [null, null];

/** Gradient where the condition holds, 0 elsewhere: never `0 · ∞`. */
const when = (g: GraphBuilder, condition: Tensor, dy: Tensor) => c.where(g, condition, dy, g.constant(0));

const rules: { readonly [O in Exclude<Operator, Loop>]: Rule<O> } = {
  // |x|′ = sign x, 0 at 0
  Abs: ({ g, dy }, x) => {
    const zero = g.constant(0);
    return [c.where(g, c.greater(g, x, zero), dy, when(g, c.less(g, x, zero), c.neg(g, dy)))];
  },
  // (a + b)′ = 1, 1
  Add: ({ dy }) => [dy, dy],
  // every tensor gets its stretch of the gradient
  Concat: ({ g, dy, attributes: { axis } }, ...inputs) => {
    let start = 0;
    return inputs.map(({ shape }) => {
      const count = shape[axis] as number;
      const part = c.slice(g, dy, { axis, start, step: 1, count });
      start += count;
      return part;
    });
  },
  // dx = dy ∗ᵀ w, dw: see `KernelGradient`, db = Σdy over batch and positions
  Conv: ({ g, dy, attributes }, x, kernel, bias) => {
    const [input, w] = [x as Tensor, kernel as Tensor];
    const size = input.shape.slice(2);
    const allButChannels = [...dy.shape.keys()].filter((axis) => axis !== 1);
    return [
      g.apply('ConvTranspose', [dy, w], { ...attributes, size }),
      c.kernelGradient(g, input, dy, w.shape.slice(2), attributes),
      ...(bias === undefined ? [] : [c.reduceSum(g, dy, allButChannels)]),
    ];
  },
  // the same with x and y exchanged
  ConvTranspose: ({ g, dy, attributes: { size: _size, ...convolution } }, x, kernel) => [
    c.conv(g, dy, kernel as Tensor, convolution),
    c.kernelGradient(g, dy, x as Tensor, (kernel as Tensor).shape.slice(2), convolution),
  ],
  // cos′ = −sin
  Cos: ({ g, dy }, x) => [c.neg(g, c.mul(g, dy, c.sin(g, x)))],
  // (a / b)′ = 1/b, −(a/b)/b
  Div: ({ g, dy, y }, _a, b) => {
    const da = c.div(g, dy, b as Tensor);
    return [da, c.neg(g, c.mul(g, da, y))];
  },
  // erf′ = 2/√π · exp(−x²)
  Erf: ({ g, dy }, x) => {
    const slope = c.mul(
      g,
      g.constant(TWO_OVER_SQRT_PI),
      c.exp(g, c.neg(g, c.mul(g, x as Tensor, x as Tensor))),
    );
    return [c.mul(g, dy, slope)];
  },
  // exp′ = exp
  Exp: ({ g, dy, y }) => [c.mul(g, dy, y)],
  // copies are summed: done where broadcasting is undone
  Expand: ({ dy }) => [dy],
  // every row gets the gradients of all its copies
  Gather: ({ g, dy }, table, indices) => [
    g.apply('ScatterAdd', [indices as Tensor, dy], { rows: (table as Tensor).shape[0] as number }),
    null,
  ],
  // (A·B + C)′: dA = dy·Bᵀ, dB = Aᵀ·dy, dC = dy, with the transposes of the inputs taken into account
  Gemm: ({ g, dy, attributes: { transA, transB } }, a, b) => [
    transA ? c.gemm(g, b as Tensor, dy, transB, true) : c.gemm(g, dy, b as Tensor, false, !transB),
    transB ? c.gemm(g, dy, a as Tensor, true, transA) : c.gemm(g, a as Tensor, dy, !transA, false),
    dy,
  ],
  Greater: nothing,
  GreaterOrEqual: nothing,
  // dw = K(x, z) is linear in both: with a kernel of dy's numbers, dx = z ∗ᵀ dy, dz = x ∗ dy
  KernelGradient: ({ g, dy, attributes: { window: _window, ...convolution } }, x, z) => [
    g.apply('ConvTranspose', [z as Tensor, dy], { ...convolution, size: (x as Tensor).shape.slice(2) }),
    c.conv(g, x as Tensor, dy, convolution),
  ],
  Less: nothing,
  LessOrEqual: nothing,
  // ln′ = 1/x
  Log: ({ g, dy }, x) => [c.div(g, dy, x as Tensor)],
  // dx = dy − softmax(x) · Σdy
  LogSoftmax: ({ g, dy, attributes: { axis } }, x) => {
    const sum = c.reduceSum(g, dy, [positive(axis, dy)], true);
    return [c.sub(g, dy, c.mul(g, c.softmax(g, x as Tensor, axis), sum))];
  },
  // dA = dy·Bᵀ, dB = Aᵀ·dy
  MatMul: ({ g, dy }, a, b) => [
    c.matMul(g, dy, swapLast(g, b as Tensor)),
    c.matMul(g, swapLast(g, a as Tensor), dy),
  ],
  // the larger one; a tie gives nothing to either, as relu′(0) = 0 and |0|′ = 0 ask
  Max: ({ g, dy }, a, b) => [
    when(g, c.greater(g, a as Tensor, b as Tensor), dy),
    when(g, c.less(g, a as Tensor, b as Tensor), dy),
  ],
  Min: ({ g, dy }, a, b) => [
    when(g, c.less(g, a as Tensor, b as Tensor), dy),
    when(g, c.greater(g, a as Tensor, b as Tensor), dy),
  ],
  // (a·b)′ = b, a
  Mul: ({ g, dy }, a, b) =>
    a === b
      ? [c.mul(g, c.mul(g, dy, g.constant(2)), a as Tensor), null]
      : [c.mul(g, dy, b as Tensor), c.mul(g, dy, a as Tensor)],
  Neg: ({ g, dy }) => [c.neg(g, dy)],
  Pad: ({ g, dy, attributes: { before } }, x) => [
    (x as Tensor).shape.reduce(
      (rest, count, axis) => c.slice(g, rest, { axis, start: before[axis] ?? 0, step: 1, count }),
      dy,
    ),
  ],
  // (xⁿ)′ = n·xⁿ⁻¹, xⁿ·ln x (the latter where x > 0, else 0)
  Pow: ({ g, dy, y }, x, n) => {
    const lower = c.pow(g, x as Tensor, c.sub(g, n as Tensor, g.constant(1)));
    const positiveBase = c.greater(g, x as Tensor, g.constant(0));
    const logarithm = c.log(g, c.where(g, positiveBase, x as Tensor, g.constant(1)));
    return [c.mul(g, dy, c.mul(g, n as Tensor, lower)), c.mul(g, dy, c.mul(g, y, logarithm))];
  },
  // every summand gets the gradient of the sum
  ReduceSum: ({ g, dy, attributes: { axes } }, x) => {
    const shape = (x as Tensor).shape;
    const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    return [c.expand(g, c.reshape(g, dy, kept), shape)];
  },
  // relu′ = 1 for x > 0, else 0
  // By the output, so that the runtime may compute it together with what gives the input.
  Relu: ({ g, dy, y }) => [when(g, c.greater(g, y, g.constant(0)), dy)],
  Reshape: ({ g, dy }, x) => [c.reshape(g, dy, (x as Tensor).shape)],
  ScatterAdd: ({ g, dy }, indices) => [null, c.gather(g, dy, indices as Tensor)],
  // σ′ = σ(1 − σ)
  Sigmoid: ({ g, dy, y }) => [c.mul(g, dy, c.mul(g, y, c.sub(g, g.constant(1), y)))],
  // sin′ = cos
  Sin: ({ g, dy }, x) => [c.mul(g, dy, c.cos(g, x as Tensor))],
  Slice: ({ dy, attributes }) => [{ slice: attributes, dy }],
  // dx = y · (dy − Σ dy·y)
  Softmax: ({ g, dy, y, attributes: { axis } }) => {
    const sum = c.reduceSum(g, c.mul(g, dy, y), [positive(axis, y)], true);
    return [c.mul(g, y, c.sub(g, dy, sum))];
  },
  // softplus′ = σ
  Softplus: ({ g, dy }, x) => [c.mul(g, dy, c.sigmoid(g, x as Tensor))],
  // √′ = 1/(2√x)
  Sqrt: ({ g, dy, y }) => [c.div(g, c.mul(g, dy, g.constant(0.5)), y)],
  StopGradient: () => [null],
  // (a − b)′ = 1, −1
  Sub: ({ g, dy }) => [dy, c.neg(g, dy)],
  // tanh′ = 1 − tanh²
  Tanh: ({ g, dy, y }) => [c.mul(g, dy, c.sub(g, g.constant(1), c.mul(g, y, y)))],
  Transpose: ({ g, dy, attributes: { perm } }) => [
    c.transpose(
      g,
      dy,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ],
  // the gradient of the branch that was taken
  Where: ({ g, dy }, condition) => [
    null,
    c.where(g, condition as Tensor, dy, g.constant(0)),
    c.where(g, condition as Tensor, g.constant(0), dy),
  ],
};

const positive = (axis: number, x: Tensor) => (axis < 0 ? axis + x.shape.length : axis);

function differentiate<O extends Exclude<Operator, Loop>>(
  g: GraphBuilder,
  node: Node<O>,
  dy: Tensor,
): (Contribution | null)[] {
  return rules[node.operator]({ g, dy, y: node.output, attributes: node.attributes }, ...node.inputs);
}

const isLoop = (node: Node): boolean => node.operator === 'Scan' || node.operator === 'ScanOutput';

/** Adds to `adjoints` what flows back through `nodes`; `view` gives the tensor to compute with for one of the nodes'. */
function backpropagate(
  g: GraphBuilder,
  nodes: readonly Node[],
  adjoints: Adjoints,
  view: (tensor: Tensor) => Tensor,
): void {
  const seeds = new Map<number, ScanSeed[]>();
  // Differentiating appends nodes; only those of the forward pass are walked.
  for (const node of nodes.toReversed()) {
    if (isLoop(node)) {
      backpropagateLoop(g, node, adjoints, seeds);
      continue;
    }
    const dy = adjoints.of(node.output);
    if (dy === undefined) continue;
    const seen = { ...node, inputs: node.inputs.map(view), output: view(node.output) } as Node<
      Exclude<Operator, Loop>
    >;
    differentiate(g, seen, dy).forEach((contribution, index) => {
      const input = node.inputs[index];
      if (contribution !== null && input !== undefined) adjoints.add(input, contribution);
    });
  }
}

/** The results of a loop come after it, so all that flows into them is known when the loop is reached. */
function backpropagateLoop(
  g: GraphBuilder,
  node: Node,
  adjoints: Adjoints,
  seeds: Map<number, ScanSeed[]>,
): void {
  if (node.operator === 'ScanOutput') {
    const dy = adjoints.of(node.output);
    const loop = (node.inputs[0] as Tensor).id;
    if (dy !== undefined)
      seeds.set(loop, [...(seeds.get(loop) ?? []), { node: node as Node<'ScanOutput'>, dy }]);
    return;
  }
  const arriving = seeds.get(node.output.id);
  if (arriving === undefined) return;
  differentiateScan(g, node as Node<'Scan'>, arriving, backpropagate).forEach((gradient, index) => {
    if (gradient !== null) adjoints.add(node.inputs[index] as Tensor, gradient);
  });
}

/**
 * ∂loss/∂x for every x, each in the shape of its x; zeros where the loss does not depend on x.
 * @param loss scalar
 */
export function gradients(g: GraphBuilder, loss: Tensor, xs: readonly Tensor[]): Tensor[] {
  assert(loss.shape.length === 0, 'a loss is a scalar');
  const adjoints = new Adjoints(g);
  adjoints.add(loss, g.constant(1));
  backpropagate(g, g.nodes, adjoints, (tensor) => tensor);
  return xs.map((x) => adjoints.of(x) ?? c.zeros(g, x.shape));
}
