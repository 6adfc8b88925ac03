/** @file Random expressions: bounded, well-conditioned steps over tensors that all broadcast to [2, 3]. */
import fc from 'fast-check';
import { calculus as c, type GraphBuilder, type Tensor } from '../../../src/graph/index.ts';

/** Every tensor's shape stretches to this one, so that any two combine. */
const FULL = [2, 3];
export const INPUT_SHAPES = [FULL, [3], [2, 1], [1], []];

type Step = (g: GraphBuilder, a: Tensor, b: Tensor) => Tensor;

const times = (g: GraphBuilder, x: Tensor, factor: number) => c.mul(g, x, g.constant(factor));
const full = (g: GraphBuilder, x: Tensor) => c.expand(g, x, FULL);
/** x² + 1/2: a safe divisor, base or argument of a logarithm. */
const above = (g: GraphBuilder, x: Tensor) => c.add(g, c.mul(g, x, x), g.constant(0.5));

/**
 * Every step takes values of about 1 to values of about 1 with bounded slopes, so that two engines differ by rounding
 * and not by chaos: operators that grow come with a partner that shrinks.
 */
const steps = {
  abs: (g, a) => c.abs(g, a),
  add: (g, a, b) => times(g, c.add(g, a, b), 0.5),
  cos: (g, a) => c.cos(g, a),
  div: (g, a, b) => times(g, c.div(g, a, above(g, b)), 0.5),
  erf: (g, a) => c.erf(g, a),
  exp: (g, a) => c.exp(g, c.neg(g, c.softplus(g, a))),
  gemm: (g, a, b) => {
    const square = c.gemm(g, full(g, a), c.tanh(g, full(g, b)), false, true);
    return times(g, c.affine(g, square, c.sin(g, full(g, a)), c.reshape(g, row(g, b), [3])), 0.2);
  },
  gemmTransposed: (g, a, b) => {
    const square = c.gemm(g, full(g, a), c.sin(g, full(g, b)), true, false);
    return times(g, c.transpose(g, c.gemm(g, square, c.tanh(g, full(g, a)), true, true), [1, 0]), 0.2);
  },
  log: (g, a) => c.log(g, above(g, a)),
  logSoftmax: (g, a) => times(g, c.logSoftmax(g, full(g, a), 1), 0.5),
  matMul: (g, a, b) => {
    const batch = c.reshape(g, full(g, a), [3, 1, 2]);
    const product = c.matMul(g, batch, c.matMul(g, c.tanh(g, full(g, b)), c.reshape(g, full(g, a), [3, 2])));
    return times(g, c.reshape(g, product, FULL), 0.3);
  },
  // Of different functions: max(x, x) is a tie everywhere, whose convention (0 to both) is no derivative.
  max: (g, a, b) => c.max(g, times(g, a, 0.9), c.sin(g, b)),
  min: (g, a, b) => c.min(g, times(g, a, 0.8), c.tanh(g, b)),
  mul: (g, a, b) => c.mul(g, a, c.tanh(g, b)),
  neg: (g, a) => c.neg(g, a),
  pow: (g, a, b) => c.pow(g, c.sqrt(g, above(g, a)), c.tanh(g, b)),
  relu: (g, a) => c.relu(g, a),
  sigmoid: (g, a) => c.sigmoid(g, a),
  silu: (g, a) => c.mul(g, a, c.sigmoid(g, a)),
  sin: (g, a) => c.sin(g, a),
  softmax: (g, a) => c.softmax(g, full(g, a), 0),
  softplus: (g, a) => c.softplus(g, a),
  sqrt: (g, a) => c.sqrt(g, above(g, a)),
  sub: (g, a, b) => times(g, c.sub(g, a, b), 0.5),
  sumOfColumns: (g, a) => row(g, a),
  sumOfAll: (g, a) => times(g, c.total(g, full(g, a)), 1 / 6),
  tanh: (g, a) => c.tanh(g, a),
  transpose: (g, a) => c.reshape(g, c.transpose(g, full(g, a), [1, 0]), FULL),
  // With an offset, because equal numbers reached by two ways differ in float32, and the branches would too.
  where: (g, a, b) => c.where(g, c.less(g, a, c.add(g, b, g.constant(0.01))), c.sin(g, a), times(g, b, 0.5)),
} as const satisfies Record<string, Step>;

/** The mean of the two rows, [1, 3]. */
function row(g: GraphBuilder, a: Tensor): Tensor {
  return times(g, c.reduceSum(g, full(g, a), [0], true), 0.5);
}

interface Instruction {
  readonly step: keyof typeof steps;
  readonly a: number;
  readonly b: number;
}

export const programs = fc.array(
  fc.record<Instruction>({
    step: fc.constantFrom(...(Object.keys(steps) as (keyof typeof steps)[])),
    a: fc.nat(99),
    b: fc.nat(99),
  }),
  { minLength: 3, maxLength: 12 },
);

/**
 * Every step reads two tensors that exist: a recent one, which makes expressions deep, and any, which makes them share.
 * The result is the mean of the last three, so that several paths lead back to the inputs.
 */
export function buildProgram(
  g: GraphBuilder,
  inputs: readonly Tensor[],
  program: readonly Instruction[],
): Tensor {
  const pool = [...inputs];
  for (const { step, a, b } of program) {
    const recent = pool[pool.length - 1 - (a % 3)] as Tensor;
    pool.push(steps[step](g, recent, pool[b % pool.length] as Tensor));
  }
  const sum = pool.slice(-3).reduce((total, tensor) => c.add(g, total, tensor), g.constant(0));
  return times(g, full(g, sum), 1 / 3);
}
