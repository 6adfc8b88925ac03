/** @file What a training leaves: its Trace. */
import { type BatchOrder, batchOrder, createBatches, summarizeData } from '../data/index.ts';
import { placedLayers, resolveLoss } from '../experiment/index.ts';
import { activationShape, type BuiltLayer, outputLayers } from '../network/index.ts';
import type { Divergence, Evaluation, Trace, TracedLayer, TracedWeights } from '../statistics/index.ts';
import type { Model } from './model.ts';
import type { Run } from './run.ts';
import { constantLoss, leastLoss } from './targets.ts';

function traceLayer(layer: BuiltLayer, model: Model, isOutput: boolean): TracedLayer {
  const shape = layer.activation === null ? null : activationShape(layer.activation);
  return {
    name: layer.name,
    type: layer.type,
    output_shape: layer.output_shape,
    parameters: layer.parameters,
    parameter_names: model.parameters
      .filter((parameter) => parameter.layer === layer.name)
      .map(({ tensor }) => tensor),
    activation: layer.activation?.name ?? null,
    saturation: shape?.saturation ?? null,
    dead_zone: shape?.dead_zone ?? false,
    is_output: isOutput,
    inputs: layer.inputs,
  };
}

function orderOf({ experiment, data, plan, seed }: Run): BatchOrder | null {
  const { shuffle } = experiment.data;
  const { training } = data;
  const batches = createBatches({ count: training.count, batchSize: plan.batch_size, shuffle, seed });
  const { target: targets } = resolveLoss(experiment);
  return batchOrder(training, batches, targets === 'classes' ? (plan.output_shape.at(-1) ?? null) : null);
}

/** Nothing where no time step is masked. */
function maskedFraction({ mask }: Run): { masked_fraction?: number } {
  if (mask === null) return {};
  return { masked_fraction: mask.filter((kept) => kept === 0).length / mask.length };
}

/** Of soft targets and counts, which differ from split to split; masks are looked at in the training split alone. */
function validationLeast({ data: { validation }, coding, mask }: Run): { validation_least_loss?: number } {
  if (validation === null || mask !== null) return {};
  return { validation_least_loss: leastLoss(validation, coding, null) };
}

export type Recall = Pick<Trace, 'class_recall' | 'class_steps' | 'taken_for_largest' | 'label_recall'>;

export function finish(
  run: Run,
  seed: number,
  initial: Evaluation,
  final: Evaluation,
  divergence: Divergence | null,
  recall: Recall,
  weights: TracedWeights | null,
): Trace {
  const outputs = new Set(outputLayers(placedLayers(run.experiment)).map(({ name }) => name));
  const losses = Float64Array.from(run.losses);
  const { l1, l2 } = run.experiment.training.regularization;
  return {
    seed,
    steps_planned: run.plan.steps,
    steps_completed: run.losses.length - (divergence === null ? 0 : 1),
    layers: run.compiled.layers.map((layer) => traceLayer(layer, run.model, outputs.has(layer.name))),
    series: [...run.probe.finish(), ...run.rankSeries(), ...run.pullSeries()],
    losses,
    data_losses:
      l1 > 0 || l2 > 0 || run.compiled.penalties.length + run.compiled.judged.length > 0
        ? Float64Array.from(run.dataLosses)
        : losses,
    gradient_norms: Float64Array.from(run.norms),
    initial,
    final,
    constant_loss: constantLoss(run.data.training, run.coding, run.mask),
    least_loss: leastLoss(run.data.training, run.coding, run.mask),
    ...validationLeast(run),
    modes: run.modes,
    batch_order: orderOf(run),
    reference: null,
    rate_trials: [],
    unit_passes: run.unitPasses,
    divergence,
    tied_units: run.tiedUnits,
    data: { ...summarizeData(run.data, resolveLoss(run.experiment).target), ...maskedFraction(run) },
    ...recall,
    weights,
  };
}
