/** @file What an imported network gives, with the weights that were imported, on ONNX Runtime. */

import { expect } from 'vitest';
import { createSession, GraphBuilder } from '../../src/graph/index.ts';
import type { ImportedModel, ImportResult } from '../../src/imports/index.ts';
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

/** float32 through some layers of sums of some tens of products. */
const TOLERANCE = 1e-5;

export function expectClose(given: Packed, wanted: Packed): void {
  expect(given.shape).toEqual(wanted.shape);
  const errors = given.data.map((value, i) => Math.abs(value - (wanted.data[i] as number)));
  expect(Math.max(...errors)).toBeLessThan(TOLERANCE);
  // Zeros would be close to zeros.
  expect(given.data.some((value) => Math.abs(value) > 0.01)).toBe(true);
}

export function imported(result: ImportResult): ImportedModel {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
