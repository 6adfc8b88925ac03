/** @file Activations, also where they are written as several nodes. */
import { Unsupported } from '../model.ts';
import { arithmetic } from './arithmetic.ts';
import {
  axisOf,
  type ConvertNode,
  near,
  needConstant,
  type OnnxContext,
  rounded,
  scalar,
  withConstant,
  written,
} from './context.ts';
import type { Laid } from './laid.ts';
import type { OnnxNode } from './node.ts';

export type Activation = string | Record<string, unknown>;

/** Of every number by itself. */
export function activated(
  laid: Laid,
  activation: Activation,
  name: string,
  { axes, writer }: OnnxContext,
): Laid {
  return axes.pointwise(laid, (x) => writer.add('activation', { activation }, [x], { name }), name);
}

const add = (node: OnnxNode, context: OnnxContext, activation: Activation, output?: string) =>
  written(activated(context.laid(node.inputs[0]), activation, node.name, context), output);

const named =
  (activation: (node: OnnxNode) => Activation): ConvertNode =>
  (node, context) =>
    add(node, context, activation(node));

const formula = (expression: string): ConvertNode => named(() => ({ expression }));

/** x σ(x) is two nodes. */
const sigmoid: ConvertNode = (node, context) => {
  const output = node.outputs[0] as string;
  const mul = context.next(output);
  const x = node.inputs[0] as string;
  if (mul?.op !== 'Mul' || !mul.inputs.includes(x)) return add(node, context, 'sigmoid');
  context.absorb(mul);
  return add(node, context, 'silu', mul.outputs[0]);
};

/** x/2 (1 + erf(x/√2)): Div, Erf, Add, Mul, Mul. */
const div: ConvertNode = (node, context) => {
  const [x] = node.inputs as [string];
  const erf = context.next(node.outputs[0] as string);
  const plus = erf === null ? null : context.next(erf.outputs[0] as string);
  const times = plus === null ? null : context.next(plus.outputs[0] as string);
  const half = times === null ? null : context.next(times.outputs[0] as string);
  const constantOf = (one: OnnxNode) => scalar(withConstant(one, context)?.constant ?? null);
  const isGelu =
    near(constantOf(node), Math.SQRT2) &&
    erf?.op === 'Erf' &&
    plus?.op === 'Add' &&
    near(constantOf(plus), 1) &&
    times?.op === 'Mul' &&
    times.inputs.includes(x) &&
    half?.op === 'Mul' &&
    near(constantOf(half), 0.5);
  if (!isGelu) return (arithmetic.Div as ConvertNode)(node, context);
  context.absorb(erf, plus, times, half);
  return add(node, context, 'gelu', half.outputs[0]);
};

const clip: ConvertNode = (node, context) => {
  const bound = (index: number, name: string, open: number) =>
    scalar(context.constant(node.inputs[index])) ?? node.float(name, open);
  const [min, max] = [bound(1, 'min', Number.NEGATIVE_INFINITY), bound(2, 'max', Number.POSITIVE_INFINITY)];
  if (min === 0 && max === 6) return add(node, context, 'relu6');
  if (min === -1 && max === 1) return add(node, context, 'hard_tanh');
  const low = Number.isFinite(min) ? `max(x, ${rounded(min)})` : 'x';
  return add(node, context, { expression: Number.isFinite(max) ? `min(${low}, ${rounded(max)})` : low });
};

function softmaxOf(node: OnnxNode, context: OnnxContext): Laid {
  const laid = context.laid(node.inputs[0]);
  const axis = axisOf(node.int('axis', -1), laid);
  if (laid.axes[axis] === undefined)
    throw new Unsupported(`a softmax along axis ${axis} of ${laid.axes.length}`);
  const { name } = node;
  return context.axes.alongFeatures(
    laid,
    axis,
    (x) => context.writer.add('activation', { activation: 'softmax' }, [x], { name }),
    name,
  );
}

const logSoftmax: ConvertNode = (node, context) => {
  context.warnings.add(
    'a logarithm of a softmax is read as both: with the loss softmax_cross_entropy leave the last two layers out',
  );
  return written(activated(softmaxOf(node, context), { expression: 'log(x)' }, `${node.name}_log`, context));
};

const prelu: ConvertNode = (node, context) => {
  const slope = needConstant(node, 1, 'slope', context);
  const laid = context.laid(node.inputs[0]);
  const rank = laid.axes.length;
  const wide = slope.shape.findIndex((size) => size > 1);
  const axis = wide === -1 ? Math.min(1, rank - 1) : rank - slope.shape.length + wide;
  const features = laid.axes[axis]?.size;
  if (features === undefined || (slope.data.length !== features && slope.data.length !== 1))
    throw new Unsupported('a slope for every position', 'one for every channel');
  const data =
    slope.data.length === features ? slope.data : new Float32Array(features).fill(slope.data[0] as number);
  const weights = { slope: { shape: [features], data } };
  const { name } = node;
  return written(
    context.axes.alongFeatures(
      laid,
      axis,
      (x) => context.writer.add('activation', { activation: 'prelu' }, [x], { name, weights }),
      name,
    ),
  );
};

const hardSigmoid: ConvertNode = (node, context) => {
  const [alpha, beta] = [node.float('alpha', 0.2), node.float('beta', 0.5)];
  if (near(alpha, 1 / 6) && near(beta, 0.5)) return add(node, context, 'hard_sigmoid');
  return add(node, context, { expression: `min(max(${rounded(alpha)} * x + ${rounded(beta)}, 0), 1)` });
};

export const elementwise: Readonly<Record<string, ConvertNode>> = {
  Relu: named(() => 'relu'),
  Tanh: named(() => 'tanh'),
  Selu: named(() => 'selu'),
  Softplus: named(() => 'softplus'),
  Softsign: named(() => 'softsign'),
  Exp: named(() => 'exponential'),
  Sin: named(() => 'sine'),
  Cos: formula('cos(x)'),
  Erf: formula('erf(x)'),
  Abs: formula('abs(x)'),
  Log: formula('log(x)'),
  Sqrt: formula('sqrt(x)'),
  Reciprocal: formula('1 / x'),
  HardSwish: named(() => 'hard_swish'),
  Mish: named(() => 'mish'),
  Gelu: named((node) =>
    node.text('approximate', 'none') === 'tanh' ? { type: 'gelu', approximate: true } : 'gelu',
  ),
  LeakyRelu: named((node) => ({ type: 'leaky_relu', negative_slope: rounded(node.float('alpha', 0.01)) })),
  Elu: named((node) => ({ type: 'elu', alpha: rounded(node.float('alpha', 1)) })),
  Celu: named((node) => ({ type: 'celu', alpha: rounded(node.float('alpha', 1)) })),
  ThresholdedRelu: named((node) => {
    const threshold = rounded(node.float('alpha', 1));
    return { expression: `where(x > ${threshold}, x, 0)` };
  }),
  Sigmoid: sigmoid,
  Div: div,
  Clip: clip,
  Softmax: (node, context) => written(softmaxOf(node, context)),
  LogSoftmax: logSoftmax,
  PRelu: prelu,
  HardSigmoid: hardSigmoid,
};
