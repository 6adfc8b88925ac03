/** @file What the nodes of an ONNX file tell beside the network. */
import type { OutputKind } from '../keras/training.ts';
import type { OnnxGraph } from './graph.ts';

/** By the last node. */
export function outputKind({ nodes, outputs }: OnnxGraph): OutputKind {
  const last = nodes.find((node) => node.outputs.includes(outputs[0] ?? ''));
  return last?.op === 'Softmax' ? 'softmax' : last?.op === 'Sigmoid' ? 'sigmoid' : 'other';
}

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
