/** @file An ONNX file that this service wrote and nobody changed: its network is noted beside the graph. */
import { z } from 'zod';
import { GraphBuilder, GraphShapeError, readNotes } from '../../graph/index.ts';
import { buildNetwork, layerSchema, networkInputs, placeNetwork } from '../../network/index.ts';
import type { NamedTensor } from '../../util/safetensors.ts';
import type { ImportedModel, ImportedNetwork } from '../model.ts';

const inputSchema = z.strictObject({
  shape: z.array(z.int().min(1)).min(1).max(3),
  dtype: z.enum(['float32', 'token']).default('float32'),
});

const layers = z.array(layerSchema).min(1).max(1000);

/** As in an experiment: one input, or several by name. */
const networkSchema = z.union([
  z.strictObject({ input: inputSchema, layers }),
  z.strictObject({ inputs: z.record(z.string(), inputSchema), layers }),
]);

/** The note may come from anywhere: what is no JSON is none. */
function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** Every parameter and running average of the network, from the constants of the file; null where one is missing or has another shape. */
function weightsOf(
  network: ImportedNetwork,
  constants: ReadonlyMap<string, NamedTensor>,
): ReadonlyMap<string, NamedTensor> | null {
  const g = new GraphBuilder();
  const placed = placeNetwork(network as Parameters<typeof placeNetwork>[0]);
  if (placed.problems.length > 0) return null;
  const inputs = networkInputs(network as Parameters<typeof networkInputs>[0]);
  const tensors = new Map(inputs.map(({ name, shape }) => [name, g.input(`input ${name}`, [1, ...shape])]));
  const { parameters, running } = buildNetwork(g, placed.layers, tensors, 'inference');
  const weights = new Map<string, NamedTensor>();
  for (const { name, shape } of [...parameters, ...running]) {
    const tensor = constants.get(name);
    if (tensor === undefined || String(tensor.shape) !== String(shape)) return null;
    weights.set(name, { shape: tensor.shape, data: tensor.data });
  }
  return weights;
}

/** The model as it was; null where the file has no notes, or they do not fit its graph: then its nodes are read. */
export function importOwn(
  bytes: Uint8Array,
  constants: ReadonlyMap<string, NamedTensor>,
): ImportedModel | null {
  const notes = readNotes(bytes);
  const network = networkSchema.safeParse(jsonOf(notes?.get('gradclinic.network')));
  if (!network.success) return null;
  const training = z.record(z.string(), z.unknown()).safeParse(jsonOf(notes?.get('gradclinic.training')));
  try {
    const weights = weightsOf(network.data, constants);
    if (weights === null) return null;
    return {
      format: 'onnx',
      network: network.data,
      training: training.success ? training.data : {},
      weights: weights.size > 0 ? weights : null,
      warnings: [],
      omitted: [],
    };
  } catch (error) {
    if (error instanceof GraphShapeError || error instanceof RangeError) return null;
    throw error;
  }
}
