/** @file A trained network as an ONNX model, in inference mode, with its weights inside. */
import { type Experiment, placedLayers } from '../experiment/index.ts';
import { encodeOnnx, GraphBuilder } from '../graph/index.ts';
import { buildNetwork } from '../network/index.ts';
import type { NamedTensor } from '../util/safetensors.ts';

/**
 * One input `inputs` [batch_size, …input shape] (tokens as float32 numbers), one output `prediction`; operator set 17.
 * @param weights every parameter and running average, by name
 */
export function exportOnnx(
  experiment: Pick<Experiment, 'network'>,
  weights: ReadonlyMap<string, NamedTensor>,
  batchSize: number,
): Uint8Array {
  const g = new GraphBuilder();
  const input = g.input('inputs', [batchSize, ...experiment.network.input.shape]);
  g.output('prediction', buildNetwork(g, placedLayers(experiment), input, 'inference').output);
  const values = new Map([...weights].map(([name, { data }]) => [name, data]));
  return encodeOnnx(g.finish(), values);
}
