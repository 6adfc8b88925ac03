/** @file What the conversion of one ONNX node gets, and what an operand can be. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Unsupported } from '../model.ts';
import type { NetworkWriter, Value } from '../writer.ts';
import type { Axes } from './axes.ts';
import type { Laid } from './laid.ts';
import type { OnnxNode } from './node.ts';

export interface OnnxContext {
  readonly writer: NetworkWriter;
  readonly axes: Axes;
  readonly warnings: Set<string>;
  /** The node that alone uses this output, if there is one. */
  next(output: string): OnnxNode | null;
  /** The node that gives this tensor. */
  producer(name: string): OnnxNode | null;
  /** All nodes that use this output. */
  users(output: string): readonly OnnxNode[];
  constant(name: string | undefined): NamedTensor | null;
  /** What was made of a tensor so far. */
  laid(name: string | undefined): Laid;
  /** The same as layers take it: the batch first, every other axis by itself. */
  value(name: string | undefined): Value;
  /** Whether anything takes it, or it is the model's. */
  isUsed(output: string): boolean;
  /** These nodes are part of another's layer. */
  absorb(...nodes: readonly OnnxNode[]): void;
}

/** What a node gives, and the names of the tensors that it stands for: its first output, or others where nodes were absorbed. */
export interface Written {
  readonly laid: Laid;
  readonly output?: string;
  readonly others?: ReadonlyMap<string, Laid>;
}

export type ConvertNode = (node: OnnxNode, context: OnnxContext) => Written;

export const written = (laid: Laid, output?: string): Written =>
  output === undefined ? { laid } : { laid, output };

/** [batch, …] */
export const plainly = ({ axes }: OnnxContext, value: Value, output?: string): Written =>
  written(axes.plain(value), output);

export function needConstant(node: OnnxNode, index: number, what: string, context: OnnxContext): NamedTensor {
  const tensor = context.constant(node.inputs[index]);
  if (tensor === null) throw new Unsupported(`its ${what} is computed, not a weight of the file`);
  return tensor;
}

/** The operand that is no constant, and the constant. */
export function withConstant(
  node: OnnxNode,
  context: OnnxContext,
): { value: string; constant: NamedTensor; first: boolean } | null {
  const [a, b] = node.inputs.map((name) => context.constant(name));
  if (b) return { value: node.inputs[0] as string, constant: b, first: true };
  if (a) return { value: node.inputs[1] as string, constant: a, first: false };
  return null;
}

/** The single number of a constant; null where it has more. */
export const scalar = (tensor: NamedTensor | null): number | null =>
  tensor !== null && tensor.data.length === 1 ? (tensor.data[0] as number) : null;

/** Numbers close enough to be a written-out constant in float32. */
export const near = (a: number | null, b: number): boolean =>
  a !== null && Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(b));

/** As people write it, of a number that float32 has. */
export const rounded = (value: number): number => Number(value.toPrecision(7));

/** The axis of the tensor that a number names, which may count from the end. */
export const axisOf = (axis: number, { axes }: Laid): number => (axis < 0 ? axis + axes.length : axis);

/** By an attribute, or in later versions by an input. */
export const numbersOf = (
  node: OnnxNode,
  name: string,
  index: number,
  context: OnnxContext,
): number[] | null => {
  const given = node.ints(name);
  if (given !== null) return [...given];
  const input = context.constant(node.inputs[index]);
  return input === null ? null : [...input.data];
};
