/** @file A trained network as an ONNX model, in inference mode, with its weights inside. */
import { type Experiment, inputsOf, placedLayers } from '../experiment/index.ts';
import { encodeOnnx, type Graph, GraphBuilder } from '../graph/index.ts';
import { buildNetwork } from '../network/index.ts';
import type { NamedTensor } from '../util/safetensors.ts';

/** What a graph in inference mode does not show: dropout, initializers, names, the loss. The importer reads it. */
function notesOf({ network, training }: Exported): ReadonlyMap<string, string> {
  const notes = new Map([['gradclinic.network', JSON.stringify(network)]]);
  if (training === undefined) return notes;
  // They are in the file, and where they were taken from may be gone.
  const { initial_weights: _, ...rest } = training;
  return notes.set('gradclinic.training', JSON.stringify(rest));
}

type Exported = Pick<Experiment, 'network'> & { readonly training?: Experiment['training'] };

/** The network's graph in inference mode. */
function graphOf(experiment: Pick<Experiment, 'network'>, batchSize: number): Graph {
  const g = new GraphBuilder();
  const single = experiment.network.input !== undefined;
  const inputs = new Map(
    inputsOf(experiment).map(({ name, shape }) => [
      name,
      g.input(single ? 'inputs' : name, [batchSize, ...shape]),
    ]),
  );
  g.output('prediction', buildNetwork(g, placedLayers(experiment), inputs, 'inference').output);
  return g.finish();
}

/** Any two: numbers that differ between their graphs are those of the batch. Greater than 1, which broadcasts. */
const [SOME_BATCH, ANOTHER_BATCH] = [2, 3];

/**
 * The input `inputs` [batch, …input shape] (tokens as float32 numbers), or several by their own names; one output `prediction`; operator set 17.
 * The network itself, and its training where it is given, are in the file's metadata.
 * @param weights every parameter and running average, by name
 * @param batchSize null for a batch of any size
 */
export function exportOnnx(
  experiment: Exported,
  weights: ReadonlyMap<string, NamedTensor>,
  batchSize: number | null = null,
): Uint8Array {
  const values = new Map([...weights].map(([name, { data }]) => [name, data]));
  const graph = graphOf(experiment, batchSize ?? SOME_BATCH);
  const twin = batchSize === null ? graphOf(experiment, ANOTHER_BATCH) : graph;
  return encodeOnnx(graph, values, undefined, twin, notesOf(experiment));
}
