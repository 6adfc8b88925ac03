/** @file The shapes of several outputs: given with their losses, or as the network has them. */
import { GraphShapeError } from '../graph/index.ts';
import { placeNetwork } from '../network/index.ts';
import { planExperiment } from './plan.ts';
import type { Experiment } from './schema.ts';

/** Of what the layer `outputs` at the end takes, without the batch; null where there is none, or the network does not fit together. */
function shapesOfOutputs(experiment: Experiment): readonly (readonly number[])[] | null {
  const { layers, problems } = placeNetwork(experiment.network);
  if (problems.length > 0 || layers.at(-1)?.type !== 'outputs') return null;
  try {
    const built = planExperiment(experiment, layers).layers;
    const [last] = built.filter(({ name }) => name === layers.at(-1)?.name);
    return last?.input_shapes ?? null;
  } catch (error) {
    if (error instanceof GraphShapeError) return null;
    throw error;
  }
}

/** The same experiment with the shape of every output spelled out, so that its loss says by itself what it reads. */
export function withOutputShapes(experiment: Experiment): Experiment {
  const { loss } = experiment.training;
  if (typeof loss !== 'object' || loss.type !== 'joint') return experiment;
  if (loss.outputs.every(({ shape }) => shape !== undefined)) return experiment;
  const shapes = shapesOfOutputs(experiment);
  if (shapes === null) return experiment;
  const outputs = loss.outputs.map((output, i) => ({
    ...output,
    shape: output.shape ?? [...(shapes[i] ?? [1])],
  }));
  return { ...experiment, training: { ...experiment.training, loss: { ...loss, outputs } } };
}
