/** @file Loops: a body that is run for every element of sequences and hands states on. ONNX `Scan`. */
import { present } from '../util/assert.ts';
import type { GraphBuilder } from './graph.ts';
import type { ScanBody, Tensor } from './nodes.ts';

export interface ScanInputs {
  /** States before the first iteration. */
  readonly initial: readonly Tensor[];
  /** [time, …] each, of equal time. */
  readonly sequences: readonly Tensor[];
  readonly captured: readonly Tensor[];
}

interface Iteration {
  readonly states: readonly Tensor[];
  readonly elements: readonly Tensor[];
  readonly captured: readonly Tensor[];
}

export const lengthOf = (sequences: readonly Tensor[]): number => present(sequences[0]?.shape[0], 'sequence');

/** `tensor` of a body, of every iteration: [time, …]. */
export const stacked = (g: GraphBuilder, scan: Tensor, tensor: Tensor, time: number): Tensor =>
  g.apply('ScanOutput', [scan], { stacked: true, index: tensor.id, shape: [time, ...tensor.shape] });

/** State `index` after the last iteration. */
export const finalState = (g: GraphBuilder, scan: Tensor, body: ScanBodyStates, index: number): Tensor =>
  g.apply('ScanOutput', [scan], {
    stacked: false,
    index,
    shape: present(body.states[index], 'state').shape,
  });

type ScanBodyStates = Pick<ScanBody, 'states'>;

/**
 * states, outputs ← step(states, element) for the elements of the sequences in turn.
 * @returns the final states, and every output of every iteration stacked: [time, …]
 */
export function scan(
  g: GraphBuilder,
  { initial, sequences, captured }: ScanInputs,
  step: (body: GraphBuilder, iteration: Iteration) => { next: readonly Tensor[]; outputs: readonly Tensor[] },
): { final: Tensor[]; outputs: Tensor[] } {
  const b = g.bodyBuilder();
  const iteration = {
    states: initial.map(({ shape }, i) => b.input(`state ${i}`, shape)),
    elements: sequences.map(({ shape }, i) => b.input(`element ${i}`, shape.slice(1))),
    captured: captured.map(({ shape }, i) => b.input(`captured ${i}`, shape)),
  };
  const { next, outputs } = step(b, iteration);
  const body = { ...iteration, next, nodes: b.nodes, constants: b.constants };
  const handle = g.scan(body, [...initial, ...sequences, ...captured], false);
  const time = lengthOf(sequences);
  return {
    final: next.map((_, index) => finalState(g, handle, body, index)),
    outputs: outputs.map((output) => stacked(g, handle, output, time)),
  };
}
