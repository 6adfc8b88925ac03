/** @file softmax(q kᵀ/√d) v with heads, written out: MatMul, Reshape, Transpose, Softmax between four projections. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Unsupported } from '../model.ts';
import type { Value } from '../writer.ts';
import { type ConvertNode, near, type OnnxContext, plainly, scalar, withConstant } from './context.ts';
import type { OnnxNode } from './node.ts';
import { FAR_BELOW } from './numbers.ts';

/** x W + b, where both are in the file. */
interface Projection {
  readonly x: string;
  readonly output: string;
  readonly kernel: NamedTensor;
  readonly bias: NamedTensor | null;
  readonly nodes: readonly OnnxNode[];
}

interface Heads {
  readonly projection: Projection;
  readonly reshape: OnnxNode;
  readonly nodes: readonly OnnxNode[];
}

/** What the scores go through before the softmax. */
interface Scores {
  readonly query: Heads;
  readonly key: Heads;
  /** Constants that divide or multiply them, and masks: known only when the nodes before them are converted. */
  readonly steps: readonly OnnxNode[];
  readonly nodes: readonly OnnxNode[];
}

const flat = ({ data }: NamedTensor): NamedTensor => ({ shape: [data.length], data });

/** The projection that ends in this tensor. */
function projectionTo(name: string, context: OnnxContext): Projection | null {
  const last = context.producer(name);
  const sum = last?.op === 'Add' ? withConstant(last, context) : null;
  const product = sum === null ? last : context.producer(sum.value);
  const kernel = product?.op === 'MatMul' ? context.constant(product.inputs[1]) : null;
  if (product === null || last === null || kernel?.shape.length !== 2) return null;
  if (sum !== null && context.next(product.outputs[0] as string) !== last) return null;
  return {
    x: product.inputs[0] as string,
    output: name,
    kernel,
    bias: sum === null ? null : flat(sum.constant),
    nodes: sum === null ? [product] : [product, last],
  };
}

const compose = (first: readonly number[], second: readonly number[]): number[] =>
  second.map((axis) => first[axis] as number);

/** [batch, time, features] → [batch, time, heads, size] → its axes in this order. */
function headsTo(name: string, order: string, context: OnnxContext): Heads | null {
  const nodes: OnnxNode[] = [];
  let perm = [0, 1, 2, 3];
  let node = context.producer(name);
  while (node?.op === 'Transpose' && nodes.length < 4) {
    perm = compose(node.ints('perm') ?? [], perm);
    nodes.push(node);
    node = context.producer(node.inputs[0] as string);
  }
  if (String(perm) !== order || node?.op !== 'Reshape') return null;
  const projection = projectionTo(node.inputs[0] as string, context);
  if (projection === null) return null;
  return { projection, reshape: node, nodes: [...nodes, node, ...projection.nodes] };
}

/** Between the product of queries and keys and the softmax. */
const STEPS: ReadonlySet<string> = new Set(['Div', 'Mul', 'Add', 'Where']);

const isScale = (node: OnnxNode | null): node is OnnxNode => node?.op === 'Div' || node?.op === 'Mul';

/** The operand of a scale or a mask that is computed of the data: the first of these that another pattern ends in. */
function scoresTo(name: string, context: OnnxContext): Scores | null {
  const steps: OnnxNode[] = [];
  let node = context.producer(name);
  while (node !== null && steps.length < 6 && node.op !== 'MatMul') {
    if (!STEPS.has(node.op)) return null;
    steps.push(node);
    const operands: readonly string[] = node.op === 'Where' ? node.inputs.slice(1) : node.inputs;
    const computed = operands.find((input) => context.constant(input) === null);
    node = computed === undefined ? null : context.producer(computed);
  }
  if (node?.op !== 'MatMul') return null;
  let [left, right] = node.inputs as [string, string];
  for (let scaled = context.producer(left); isScale(scaled); scaled = context.producer(left)) {
    steps.push(scaled);
    left = scaled.inputs[0] as string;
  }
  for (let scaled = context.producer(right); isScale(scaled); scaled = context.producer(right)) {
    steps.push(scaled);
    right = scaled.inputs[0] as string;
  }
  const query = headsTo(left, '0,2,1,3', context);
  const key = headsTo(right, '0,2,3,1', context);
  if (query === null || key === null) return null;
  return { query, key, steps, nodes: [...steps, node, ...query.nodes, ...key.nodes] };
}

/** Whether a mask hides from position t exactly what comes after it. */
function isCausal({ shape, data }: NamedTensor, hides: (value: number) => boolean): boolean {
  const [rows = 0, columns = 0] = shape.slice(-2);
  return (
    rows > 0 &&
    data.length === rows * columns &&
    data.every((value, i) => hides(value) === i % columns > Math.floor(i / columns))
  );
}

/** @throws Unsupported where the node is no mask, or hides something else than later positions */
function checkMask(node: OnnxNode, context: OnnxContext): void {
  const refuse = () =>
    new Unsupported('a mask that hides something else than later positions', 'a causal mask');
  if (node.op === 'Add') {
    const mask = withConstant(node, context)?.constant;
    const hides = (value: number) => value <= FAR_BELOW;
    if (mask?.data.every((x) => x === 0 || hides(x)) !== true || !isCausal(mask, hides)) throw refuse();
    return;
  }
  const [condition, yes, no] = node.inputs.map((input) => context.constant(input));
  const filler = (yes ?? no)?.data[0] ?? 0;
  const hides = (value: number) => (yes ? value !== 0 : value === 0);
  if (!condition || filler > FAR_BELOW || !isCausal(condition, hides)) throw refuse();
}

/** By what the scores are multiplied. @throws Unsupported */
function factorOf(node: OnnxNode, context: OnnxContext): number {
  const number = scalar(withConstant(node, context)?.constant ?? null);
  if (number === null)
    throw new Unsupported('scores that are not scaled alike', 'scores divided by the root of the size');
  return node.op === 'Div' ? 1 / number : number;
}

/** What the steps do: a factor, and whether later positions are hidden. @throws Unsupported */
function meaningOf(steps: readonly OnnxNode[], context: OnnxContext): { factor: number; causal: boolean } {
  const masks = steps.filter((node) => !isScale(node));
  for (const mask of masks) checkMask(mask, context);
  const factor = steps.filter(isScale).reduce((product, node) => product * factorOf(node, context), 1);
  return { factor, causal: masks.length > 0 };
}

/** [heads, size] of the Reshape that splits the features. @throws Unsupported */
function splitOf({ reshape, projection }: Heads, context: OnnxContext): readonly [number, number] {
  const [, , heads = 0, size = 0] = context.constant(reshape.inputs[1])?.data ?? [];
  const features = projection.kernel.shape[1] as number;
  const both = [heads === -1 ? features / size : heads, size === -1 ? features / heads : size] as const;
  if (both[0] * both[1] !== features) throw new Unsupported('heads that are not blocks of the features');
  return both;
}

const weightsOf = (projections: Readonly<Record<string, Projection>>): Record<string, NamedTensor> =>
  Object.fromEntries(
    Object.entries(projections).flatMap(([name, { kernel, bias }]): [string, NamedTensor][] => [
      [`${name}/kernel`, kernel],
      ...(bias === null ? [] : [[`${name}/bias`, bias] as [string, NamedTensor]]),
    ]),
  );

/** Query, value and, where it is another, key; one where all are the same. */
function inputsOf(scores: Scores, value: Heads, context: OnnxContext): [Value, ...Value[]] {
  const [q, v, k] = [scores.query, value, scores.key].map(({ projection }) => context.value(projection.x));
  const [query, values, keys] = [q as Value, v as Value, k as Value];
  if (values.source !== keys.source) return [query, values, keys];
  return query.source === values.source ? [query] : [query, values];
}

/** @throws Unsupported */
function headsOf(
  { query, key, steps }: Scores,
  value: Heads,
  features: number,
  context: OnnxContext,
): Record<string, unknown> {
  const [heads, size] = splitOf(query, context);
  const { factor, causal } = meaningOf(steps, context);
  if ([key, value].some((one) => String(splitOf(one, context)) !== String([heads, size])))
    throw new Unsupported('its keys or values have other heads than its queries');
  if (!near(factor, 1 / Math.sqrt(size)))
    throw new Unsupported(`scores times ${factor.toPrecision(4)}`, `divided by the root of ${size}`);
  return { heads, ...(heads * size !== features && { key_dim: size }), ...(causal && { causal }) };
}

function convertWith(scores: Scores, value: Heads, output: Projection): ConvertNode {
  return (node, context) => {
    const [query, key] = [scores.query.projection, scores.key.projection];
    const projections = { query, key, value: value.projection, output };
    const biased = Object.values(projections).filter(({ bias }) => bias !== null).length;
    if (biased !== 0 && biased !== 4)
      throw new Unsupported('some of its projections have a bias, others have none', 'the same for all');
    const inputs = inputsOf(scores, value, context);
    const features = inputs[0].shape.at(-1) ?? 1;
    if (output.kernel.shape[1] !== features)
      throw new Unsupported('an output that is not as wide as its query', 'a dense layer behind it');
    const heads = headsOf(scores, value, features, context);
    const added = context.writer.add(
      inputs.length === 1 ? 'self_attention' : 'multi_head_attention',
      { ...heads, ...(biased === 0 && { use_bias: false }) },
      inputs,
      { name: node.name, weights: weightsOf(projections) },
    );
    return plainly(context, added, output.output);
  };
}

/** Where a softmax is in the middle of an attention: its last product, which stands for all of it. The other nodes are absorbed. */
export function findAttention(
  softmax: OnnxNode,
  context: OnnxContext,
): { readonly at: OnnxNode; readonly convert: ConvertNode } | null {
  const scores = softmax.op === 'Softmax' ? scoresTo(softmax.inputs[0] as string, context) : null;
  const mixed = scores === null ? null : context.next(softmax.outputs[0] as string);
  if (scores === null || mixed?.op !== 'MatMul' || mixed.inputs[0] !== softmax.outputs[0]) return null;
  const value = headsTo(mixed.inputs[1] as string, '0,2,1,3', context);
  const turned = context.next(mixed.outputs[0] as string);
  if (value === null || turned?.op !== 'Transpose' || String(turned.ints('perm')) !== '0,2,1,3') return null;
  const joined = context.next(turned.outputs[0] as string);
  const product = joined?.op === 'Reshape' ? context.next(joined.outputs[0] as string) : null;
  if (joined === null || product?.op !== 'MatMul') return null;
  const sum = context.next(product.outputs[0] as string);
  const end = sum?.op === 'Add' && withConstant(sum, context) !== null ? sum : product;
  const output = projectionTo(end.outputs[0] as string, context);
  if (output === null) return null;
  context.absorb(softmax, mixed, turned, joined, ...scores.nodes, ...value.nodes);
  if (end !== product) context.absorb(end);
  return { at: product, convert: convertWith(scores, value, output) };
}
