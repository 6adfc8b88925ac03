/** @file Activations and layer normalization, also where they are written as several nodes. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Unsupported } from '../model.ts';
import {
  type ConvertNode,
  near,
  needConstant,
  type OnnxContext,
  scalar,
  withConstant,
  written,
} from './context.ts';
import type { OnnxNode } from './graph.ts';
import { reduceMean, shapes } from './shapes.ts';

type Activation = string | Record<string, unknown>;

const rounded = (value: number): number => Number(value.toPrecision(6));

const add = (node: OnnxNode, context: OnnxContext, activation: Activation, output?: string) =>
  written(
    context.writer.add('activation', { activation }, [context.value(node.inputs[0])], { name: node.name }),
    output,
  );

const named =
  (activation: (node: OnnxNode) => Activation): ConvertNode =>
  (node, context) =>
    add(node, context, activation(node));

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
  if (!isGelu) return (shapes.Div as ConvertNode)(node, context);
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

const softmax: ConvertNode = (node, context) => {
  const { shape } = context.value(node.inputs[0]);
  const rank = shape.length + 1;
  const axis = node.int('axis', -1);
  const at = axis < 0 ? axis + rank : axis;
  if (at !== (rank === 4 ? 1 : rank - 1))
    throw new Unsupported(`a softmax along axis ${axis} of ${rank}`, 'along the features');
  return add(node, context, 'softmax');
};

const prelu: ConvertNode = (node, context) => {
  const slope = needConstant(node, 1, 'slope', context);
  const x = context.value(node.inputs[0]);
  const features = (x.shape.length === 3 ? x.shape[0] : x.shape.at(-1)) as number;
  if (slope.data.length !== features && slope.data.length !== 1)
    throw new Unsupported('a slope for every position', 'one for every channel');
  const data =
    slope.data.length === features ? slope.data : new Float32Array(features).fill(slope.data[0] as number);
  const value = context.writer.add('activation', { activation: 'prelu' }, [x], {
    name: node.name,
    weights: { slope: { shape: [features], data } },
  });
  return written(value);
};

const hardSigmoid: ConvertNode = (node, context) => {
  const [alpha, beta] = [node.float('alpha', 0.2), node.float('beta', 0.5)];
  if (near(alpha, 1 / 6) && near(beta, 0.5)) return add(node, context, 'hard_sigmoid');
  return add(node, context, { expression: `min(max(${rounded(alpha)} * x + ${rounded(beta)}, 0), 1)` });
};

function addLayerNorm(
  node: OnnxNode,
  context: OnnxContext,
  epsilon: number,
  gamma: NamedTensor,
  beta: NamedTensor | null,
  output?: string,
) {
  const x = context.value(node.inputs[0]);
  if (x.shape.length === 3 || gamma.shape.length !== 1)
    throw new Unsupported('a layer norm over several axes', 'over the last axis, or group_norm');
  const weights = { gamma, beta: beta ?? { shape: gamma.shape, data: new Float32Array(gamma.data.length) } };
  return written(
    context.writer.add('layer_norm', { epsilon: rounded(epsilon) }, [x], { name: node.name, weights }),
    output,
  );
}

const layerNorm: ConvertNode = (node, context) =>
  addLayerNorm(
    node,
    context,
    node.float('epsilon', 1e-5),
    needConstant(node, 1, 'scale', context),
    context.constant(node.inputs[2]),
  );

/** γ (x − mean)/√(mean((x − mean)²) + ε) + β as nine nodes, from the first mean on; else a mean. */
const mean: ConvertNode = (node, context) => {
  const next = (one: OnnxNode | null, op: string): OnnxNode | null => {
    const found =
      one === null ? undefined : context.users(one.outputs[0] as string).find((user) => user.op === op);
    return found ?? null;
  };
  const sub = next(node, 'Sub');
  const variance = next(next(sub, 'Pow'), 'ReduceMean');
  const plus = next(variance, 'Add');
  const quotient = next(next(plus, 'Sqrt'), 'Div');
  const scale = next(quotient, 'Mul');
  const shift = next(scale, 'Add');
  const epsilon = plus === null ? null : scalar(withConstant(plus, context)?.constant ?? null);
  const gamma = scale === null ? null : (withConstant(scale, context)?.constant ?? null);
  const beta = shift === null ? null : (withConstant(shift, context)?.constant ?? null);
  const isNorm =
    sub?.inputs[0] === node.inputs[0] &&
    quotient?.inputs[0] === sub?.outputs[0] &&
    epsilon !== null &&
    gamma !== null &&
    beta !== null;
  if (!isNorm) return reduceMean(node, context);
  const chain = [sub, next(sub, 'Pow'), variance, plus, next(plus, 'Sqrt'), quotient, scale, shift];
  context.absorb(...(chain as OnnxNode[]));
  return addLayerNorm(node, context, epsilon, gamma, beta, shift?.outputs[0]);
};

export const elementwise: Readonly<Record<string, ConvertNode>> = {
  Relu: named(() => 'relu'),
  Tanh: named(() => 'tanh'),
  Selu: named(() => 'selu'),
  Softplus: named(() => 'softplus'),
  Softsign: named(() => 'softsign'),
  Exp: named(() => 'exponential'),
  Sin: named(() => 'sine'),
  HardSwish: named(() => 'hard_swish'),
  Mish: named(() => 'mish'),
  Gelu: named((node) =>
    node.text('approximate', 'none') === 'tanh' ? { type: 'gelu', approximate: true } : 'gelu',
  ),
  LeakyRelu: named((node) => ({ type: 'leaky_relu', negative_slope: rounded(node.float('alpha', 0.01)) })),
  Elu: named((node) => ({ type: 'elu', alpha: rounded(node.float('alpha', 1)) })),
  Celu: named((node) => ({ type: 'celu', alpha: rounded(node.float('alpha', 1)) })),
  Sigmoid: sigmoid,
  Div: div,
  Clip: clip,
  Softmax: softmax,
  PRelu: prelu,
  HardSigmoid: hardSigmoid,
  LayerNormalization: layerNorm,
  ReduceMean: mean,
};
