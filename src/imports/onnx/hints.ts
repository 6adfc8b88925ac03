/** @file What the nodes of an ONNX file tell beside the network. */
import type { NamedOutput, OutputKind } from '../keras/training.ts';
import type { OnnxGraph } from './graph.ts';

const kinds: Readonly<Record<string, OutputKind>> = { Softmax: 'softmax', Sigmoid: 'sigmoid' };

/** Each by the last node before it. */
export const outputKinds = ({ nodes, outputs }: OnnxGraph): NamedOutput[] =>
  outputs.map((name) => {
    const last = nodes.find((node) => node.outputs.includes(name));
    return { name, kind: kinds[last?.op ?? ''] ?? 'other' };
  });

/**
 * Weights that several nodes take are one tensor in the file. Where they belong to modules of their own they may only have begun with
 * equal numbers: then every layer has its own here.
 * @param written names of the layers that have their own
 */
export function noteShared(
  { nodes, constants }: OnnxGraph,
  written: ReadonlySet<string>,
  warnings: Set<string>,
): void {
  const takers = new Map<string, string[]>();
  const isWeight = (name: string) => (constants.get(name)?.shape.length ?? 0) > 1;
  for (const { op, name, inputs } of nodes)
    if (['Gemm', 'MatMul', 'Conv', 'ConvTranspose', 'LSTM', 'GRU', 'RNN'].includes(op) && written.has(name))
      for (const input of inputs.filter(isWeight)) takers.set(input, [...(takers.get(input) ?? []), name]);
  for (const names of takers.values())
    if (names.length > 1)
      warnings.add(
        `"${names.slice(0, 4).join('", "')}" share their weights in the file: here each has a copy, trained apart`,
      );
}
