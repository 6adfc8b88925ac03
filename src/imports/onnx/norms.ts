/** @file Normalizations, as one node and as several. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Unsupported } from '../model.ts';
import type { Value } from '../writer.ts';
import {
  axisOf,
  type ConvertNode,
  needConstant,
  numbersOf,
  type OnnxContext,
  rounded,
  scalar,
  withConstant,
  written,
} from './context.ts';
import type { OnnxNode } from './node.ts';
import { reduction } from './pooling.ts';

const isFlat = ({ shape, data }: NamedTensor): boolean => data.length === (shape.at(-1) ?? 1);
const flat = ({ data }: NamedTensor): NamedTensor => ({ shape: [data.length], data });
const fill = (count: number, value: number): NamedTensor => ({
  shape: [count],
  data: new Float32Array(count).fill(value),
});

/** Along the last axis. */
function addLayerNorm(
  node: OnnxNode,
  context: OnnxContext,
  { epsilon, gamma, beta }: { epsilon: number; gamma: NamedTensor; beta: NamedTensor | null },
  output?: string,
) {
  const laid = context.laid(node.inputs[0]);
  const weights = { gamma: flat(gamma), beta: beta === null ? fill(gamma.data.length, 0) : flat(beta) };
  const { name } = node;
  const apply = (x: Value) =>
    context.writer.add('layer_norm', { epsilon: rounded(epsilon) }, [x], { name, weights });
  return written(context.axes.alongAxis(laid, laid.axes.length - 1, apply, name), output);
}

const layerNorm: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const gamma = needConstant(node, 1, 'scale', context);
  if (axisOf(node.int('axis', -1), laid) !== laid.axes.length - 1)
    throw new Unsupported('a layer norm over several axes', 'over the last axis, or group_norm');
  return addLayerNorm(node, context, {
    epsilon: node.float('epsilon', 1e-5),
    gamma,
    beta: context.constant(node.inputs[2]),
  });
};

/** γ (x − mean)/√(mean((x − mean)²) + ε) + β as nine nodes, from the first mean on; else a mean. */
const mean: ConvertNode = (node, context) => {
  const next = (one: OnnxNode | null, op: string): OnnxNode | null => {
    const found =
      one === null ? undefined : context.users(one.outputs[0] as string).find((user) => user.op === op);
    return found ?? null;
  };
  const sub = next(node, 'Sub');
  const pow = next(sub, 'Pow');
  const variance = next(pow, 'ReduceMean');
  const plus = next(variance, 'Add');
  const root = next(plus, 'Sqrt');
  const quotient = next(root, 'Div');
  const scale = next(quotient, 'Mul');
  const shift = next(scale, 'Add');
  const epsilon = plus === null ? null : scalar(withConstant(plus, context)?.constant ?? null);
  const gamma = scale === null ? null : (withConstant(scale, context)?.constant ?? null);
  const beta = shift === null ? null : (withConstant(shift, context)?.constant ?? null);
  const last = context.laid(node.inputs[0]).axes.length - 1;
  const isLast = (one: OnnxNode | null) =>
    one !== null &&
    String(numbersOf(one, 'axes', 1, context)?.map((axis) => axisOf(axis, context.laid(node.inputs[0])))) ===
      String(last);
  const isNorm =
    isLast(node) &&
    isLast(variance) &&
    sub?.inputs[0] === node.inputs[0] &&
    quotient?.inputs[0] === sub?.outputs[0] &&
    epsilon !== null &&
    gamma !== null &&
    beta !== null &&
    isFlat(gamma) &&
    isFlat(beta);
  if (!isNorm) return reduction('average')(node, context);
  const chain = [sub, pow, variance, plus, root, quotient, scale, shift];
  context.absorb(...(chain as OnnxNode[]));
  return addLayerNorm(node, context, { epsilon, gamma, beta }, shift?.outputs[0]);
};

const batchNorm: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const names = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
  const weights = Object.fromEntries(
    names.map((name, i) => [name, needConstant(node, i + 1, name, context)]),
  );
  // Both give the fraction that is kept.
  const [epsilon, momentum] = [node.float('epsilon', 1e-5), node.float('momentum', 0.9)].map(rounded);
  const { name } = node;
  const apply = (x: Value) => context.writer.add('batch_norm', { epsilon, momentum }, [x], { name, weights });
  return written(context.axes.alongFeatures(laid, Math.min(1, laid.axes.length - 1), apply, name));
};

/** The numbers of a constant where it has one for each of these channels. */
function perChannel(
  node: OnnxNode | null,
  op: string,
  channels: number,
  context: OnnxContext,
): NamedTensor | null {
  const constant = node?.op === op ? (withConstant(node, context)?.constant ?? null) : null;
  if (constant === null || constant.data.length !== channels || constant.shape.length > 4) return null;
  return constant.shape.filter((size) => size > 1).length <= 1 ? flat(constant) : null;
}

/** Groups as channels: Reshape, InstanceNormalization without a scale, Reshape, Mul, Add. From the first on; null where it is something else. */
export const groupNorm = (node: OnnxNode, context: OnnxContext): ReturnType<ConvertNode> | null => {
  const norm = context.next(node.outputs[0] as string);
  const back = norm?.op === 'InstanceNormalization' ? context.next(norm.outputs[0] as string) : null;
  if (norm === null || back?.op !== 'Reshape') return null;
  const [scale, shift] = [1, 2].map((i) => context.constant(norm.inputs[i]));
  const laid = context.laid(node.inputs[0]);
  const channels = laid.axes[1]?.size ?? 1;
  if (!scale?.data.every((x) => x === 1) || !shift?.data.every((x) => x === 0)) return null;
  const mul = context.next(back.outputs[0] as string);
  const add = mul === null ? null : context.next(mul.outputs[0] as string);
  const gamma = perChannel(mul, 'Mul', channels, context);
  const beta = gamma === null ? null : perChannel(add, 'Add', channels, context);
  if (mul === null || add === null || gamma === null || beta === null) return null;
  const target = context.constant(node.inputs[1])?.data ?? [];
  if (target.length !== 3 || target[1] !== scale.data.length) return null;
  context.absorb(norm, back, mul, add);
  const { name } = node;
  const options = { groups: scale.data.length, epsilon: rounded(norm.float('epsilon', 1e-5)) };
  const apply = (x: Value) =>
    context.writer.add('group_norm', options, [x], { name, weights: { gamma, beta } });
  const value = apply(context.axes.canonical(laid, name));
  return written(context.axes.plain(value), add.outputs[0]);
};

const instanceNorm: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const [gamma, beta] = [needConstant(node, 1, 'scale', context), needConstant(node, 2, 'bias', context)];
  const { name } = node;
  const options = { epsilon: rounded(node.float('epsilon', 1e-5)) };
  const apply = (x: Value) =>
    context.writer.add('instance_norm', options, [x], { name, weights: { gamma, beta } });
  if (laid.axes.length === 4) return written(context.axes.plain(apply(context.value(node.inputs[0]))));
  return written(context.axes.alongAxis(laid, 1, apply, name));
};

/** x/(k + α/n Σ x²)^β, the sum over n neighbouring channels. */
const localResponseNorm: ConvertNode = (node, context) => {
  const { axes, writer } = context;
  const laid = context.laid(node.inputs[0]);
  const { name } = node;
  const size = node.int('size', 1);
  const [alpha, beta, bias] = [
    node.float('alpha', 1e-4),
    node.float('beta', 0.75),
    node.float('bias', 1),
  ].map(rounded);
  const add = (type: string, options: Record<string, unknown>, inputs: readonly Value[], what: string) =>
    writer.add(type, options, inputs, { name: `${name}_${what}` });
  const apply = (x: Value) => {
    const squares = add('activation', { activation: { expression: 'x * x' } }, [x], 'squares');
    const padding = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    const padded = add('zero_padding1d', { padding }, [squares], 'ends');
    const means = add('average_pool1d', { pool_size: size, stride: 1 }, [padded], 'means');
    const factor = add(
      'activation',
      { activation: { expression: `1 / (${bias} + ${alpha} * x) ^ ${beta}` } },
      [means],
      'factor',
    );
    return add('multiply', {}, [x, factor], 'normalized');
  };
  return written(axes.gridded(laid, [1], axes.others(laid, 0, 1), apply, name));
};

export const norms: Readonly<Record<string, ConvertNode>> = {
  LayerNormalization: layerNorm,
  ReduceMean: mean,
  BatchNormalization: batchNorm,
  InstanceNormalization: instanceNorm,
  LRN: localResponseNorm,
};
