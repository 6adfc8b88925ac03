/** @file From an experiment and a seed to a training that is ready for its first pass: data, weights, compiled graphs. */
import { createBatches, type DataSplits, gatherInputs, loadData } from '../data/index.ts';
import {
  type Experiment,
  initialWeights,
  inputsOf,
  type Plan,
  placedLayers,
  planExperiment,
  resolveLoss,
} from '../experiment/index.ts';
import type { Checkpoint } from './cancel.ts';
import { type CompileOptions, compileTraining } from './compile.ts';
import { Evaluator } from './evaluator.ts';
import { lossMask } from './loss_mask.ts';
import { scaleToUnitVariance } from './lsuv.ts';
import { createModel, setWeights } from './model.ts';
import { Run, type RunFields } from './run.ts';
import { createArena, Stepper } from './step.ts';
import { codeTargets, countClasses, resolveClassWeights } from './targets.ts';

function gatherFirstBatch(
  { data: config }: Experiment,
  { batch_size: batchSize }: Plan,
  { training, inputs }: DataSplits,
  seed: number,
  bufferOf: (input: string) => Float32Array,
): void {
  const batches = createBatches({ count: training.count, batchSize, shuffle: config.shuffle, seed });
  gatherInputs(training.inputs, inputs, batches.indices(0), bufferOf);
}

/** A cancel on the way leaves no session behind. */
async function openSessions(
  fields: Omit<RunFields, 'stepper' | 'evaluator'>,
  options: CompileOptions,
  checkpoint: Checkpoint,
): Promise<Run> {
  const { plan, model, coding, data } = fields;
  const { batch_size: batchSize, steps } = plan;
  const stepper = await Stepper.create({ ...fields, batchSize, steps, checkpoint });
  try {
    const evaluator = await Evaluator.create(options, model, coding, data, checkpoint);
    return new Run({ ...fields, stepper, evaluator });
  } catch (error) {
    await stepper.release();
    throw error;
  }
}

export async function prepare(experiment: Experiment, seed: number, checkpoint: Checkpoint): Promise<Run> {
  checkpoint();
  const plan = planExperiment(experiment);
  checkpoint();
  const loss = resolveLoss(experiment);
  const data = loadData(experiment.data, seed, inputsOf(experiment), loss.target);
  const options: CompileOptions = {
    layers: placedLayers(experiment),
    inputs: inputsOf(experiment),
    batchSize: plan.batch_size,
    loss,
    targetMoments: data.target_moments,
    weighted: experiment.training.class_weights !== null,
    regularization: experiment.training.regularization,
  };
  checkpoint();
  const compiled = compileTraining(options);
  const arena = createArena(compiled, experiment);
  const model = createModel(compiled.parameters, compiled.running, seed, arena, checkpoint);
  await scaleToUnitVariance(
    options,
    model,
    (bufferOf) => gatherFirstBatch(experiment, plan, data, seed, bufferOf),
    seed,
    checkpoint,
  );
  setWeights(model, initialWeights(experiment));
  const mask = await lossMask(options, model, data.training, data.inputs, checkpoint);
  const counts = mask === null ? data.class_counts : countClasses(data.training, mask, data.class_counts);
  const counted = { ...data, class_counts: counts };
  const coded = codeTargets(loss, plan.output_shape);
  const { class_weights } = experiment.training;
  const classWeights = resolveClassWeights(class_weights, counts, data.training, mask, coded);
  const coding = { ...coded, classWeights };
  const fields = { seed, experiment, plan, data: counted, coding, mask, model, arena, compiled };
  return openSessions(fields, options, checkpoint);
}
