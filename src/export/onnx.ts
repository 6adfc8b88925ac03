/** @file A trained network as an ONNX model, in inference mode, with its weights inside. */
import { type Experiment, inputsOf, placedLayers } from '../experiment/index.ts';
import { encodeOnnx, GraphBuilder } from '../graph/index.ts';
import { buildNetwork } from '../network/index.ts';
import type { NamedTensor } from '../util/safetensors.ts';

/**
 * The input `inputs` [batch_size, …input shape] (tokens as float32 numbers), or several by their own names; one output `prediction`; operator set 17.
 * @param weights every parameter and running average, by name
 */
export function exportOnnx(
  experiment: Pick<Experiment, 'network'>,
  weights: ReadonlyMap<string, NamedTensor>,
  batchSize: number,
): Uint8Array {
  const g = new GraphBuilder();
  const single = experiment.network.input !== undefined;
  const inputs = new Map(
    inputsOf(experiment).map(({ name, shape }) => [
      name,
      g.input(single ? 'inputs' : name, [batchSize, ...shape]),
    ]),
  );
  g.output('prediction', buildNetwork(g, placedLayers(experiment), inputs, 'inference').output);
  const values = new Map([...weights].map(([name, { data }]) => [name, data]));
  return encodeOnnx(g.finish(), values);
}
