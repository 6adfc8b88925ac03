/** @file What an imported network gives, with the weights that were imported, on ONNX Runtime. */
import { createSession, GraphBuilder } from '../../src/graph/index.ts';
import type { ImportedModel } from '../../src/imports/index.ts';
import { buildNetwork, layerSchema, networkInputs, placeNetwork } from '../../src/network/index.ts';
import { present } from '../../src/util/assert.ts';
import type { Packed } from './archives.ts';

/** @param inputs [samples, …] each, in the order of the network's inputs */
export async function predict(
  { network, weights }: ImportedModel,
  ...inputs: readonly Packed[]
): Promise<Packed> {
  const g = new GraphBuilder();
  const layers = network.layers.map((layer) => layerSchema.parse(layer));
  const config = { ...network, layers };
  const placed = placeNetwork(config);
  if (placed.problems.length > 0) throw new Error(JSON.stringify(placed.problems));
  const samples = inputs[0]?.shape[0] ?? 1;
  const names = networkInputs(config);
  const tensors = new Map(
    names.map(({ name, shape }) => [name, g.input(`input ${name}`, [samples, ...shape])]),
  );
  const { output, parameters, running } = buildNetwork(g, placed.layers, tensors, 'inference');
  g.output('y', output);
  const session = await createSession(g.finish());
  try {
    names.forEach(({ name }, i) => {
      session.input(`input ${name}`).set(present(inputs[i]).data);
    });
    for (const { name } of [...parameters, ...running])
      session.input(name).set(present(weights?.get(name), name).data);
    await session.run();
    return { shape: output.shape, data: [...session.output('y')] };
  } finally {
    await session.release();
  }
}
