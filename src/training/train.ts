/** @file Trains one experiment with one seed and leaves its Trace. Touches no clock, no database, no process: whoever keeps its snapshots does. */
import {
  type BatchOrder,
  batchOrder,
  createBatches,
  type DataSplits,
  gatherInputs,
  loadData,
  summarizeData,
} from '../data/index.ts';
import {
  type Experiment,
  initialWeights,
  inputsOf,
  type Plan,
  placedLayers,
  planExperiment,
  resolveLoss,
} from '../experiment/index.ts';
import type { Arena } from '../kernels/index.ts';
import { activationShape, type BuiltLayer, outputLayers } from '../network/index.ts';
import type {
  Divergence,
  Evaluation,
  ModeComparison,
  SavedTraining,
  Series,
  Snapshot,
  TiedUnits,
  Trace,
  TracedLayer,
  TracedWeights,
  UnitPass,
} from '../statistics/index.ts';
import { present } from '../util/assert.ts';
import type { Result } from '../util/result.ts';
import { encodeSafetensors } from '../util/safetensors.ts';
import { type Checkpoint, untilCanceled } from './cancel.ts';
import { type Compiled, type CompileOptions, compileTraining, isKernel, names } from './compile.ts';
import { EarlyStopping } from './early_stopping.ts';
import { Evaluator, type Reading } from './evaluator.ts';
import {
  MAX_INSPECTED_PARAMETERS,
  type PenaltyPull,
  penaltyPull,
  sharpness,
  signalToNoise,
  tiedUnits,
} from './inspections.ts';
import { lossMask } from './loss_mask.ts';
import { scaleToUnitVariance } from './lsuv.ts';
import { copyWeights, createModel, type Model, setWeights } from './model.ts';
import { compareModes } from './modes.ts';
import { Probe } from './probe.ts';
import { decodeSnapshots, encodeSnapshot, type Snapshots } from './snapshot.ts';
import { createArena, type StepGradients, Stepper } from './step.ts';
import {
  accuracyOf,
  codeTargets,
  constantLoss,
  countClasses,
  countRight,
  leastLoss,
  resolveClassWeights,
  type TargetCoding,
} from './targets.ts';

export interface TrainOptions {
  /** Asked between the stages of the preparation and before every pass over a batch; true ends the training there. */
  readonly isCanceled?: () => boolean;
  /** Keeps the weights from before the first and after the last update in the Trace. */
  readonly keepWeights?: boolean;
  /** Told when data, weights and graphs are ready, before the first pass. */
  readonly onPrepared?: () => void;
  /** Told the loss of every step, as soon as it is known. */
  readonly onLoss?: (step: number, loss: number) => void;
  /** Where the training goes on from, and who keeps it from now on; without it nothing is kept. */
  readonly snapshots?: Snapshots;
}

const optimizerType = ({ training: { optimizer } }: Experiment): string =>
  typeof optimizer === 'string' ? optimizer : optimizer.type;

/** Measuring validation may cost this fraction of the forward and backward passes between two probes. */
const VALIDATION_SHARE = 0.03;
const PASSES_PER_STEP = 3;

/** Weights of larger networks are not kept: two files of 20 MB for every run. */
const MAX_KEPT_PARAMETERS = 5_000_000;

/** l1 · Σ|w| + l2 · Σw² over kernels. */
function penaltyOf(model: Model, { l1, l2 }: Experiment['training']['regularization']): number {
  if (l1 === 0 && l2 === 0) return 0;
  let sum = 0;
  for (const { weights } of model.parameters.filter(isKernel)) {
    for (const w of weights) sum += l1 * Math.abs(w) + l2 * w * w;
  }
  return sum;
}

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

type RunFields = Pick<
  Run,
  | 'seed'
  | 'experiment'
  | 'plan'
  | 'data'
  | 'coding'
  | 'mask'
  | 'model'
  | 'stepper'
  | 'evaluator'
  | 'compiled'
  | 'arena'
>;

/** A training in progress: what the loop needs at hand. */
class Run {
  readonly losses: number[] = [];
  /** Without the penalty. */
  readonly dataLosses: number[] = [];
  readonly modes: ModeComparison[] = [];
  readonly pulls: (readonly [step: number, pulls: readonly PenaltyPull[]])[] = [];
  readonly norms: number[] = [];
  readonly unitPasses: UnitPass[] = [];
  readonly ranks = new Map<string, readonly (readonly [step: number, rank: number])[]>();
  tiedUnits: readonly TiedUnits[] = [];
  readonly seed: number;
  readonly experiment: Experiment;
  readonly plan: Plan;
  readonly data: DataSplits;
  readonly coding: TargetCoding;
  /** Of the training split: which time steps the loss counts, [samples, time]; null where all of them. */
  readonly mask: Float32Array | null;
  readonly model: Model;
  readonly stepper: Stepper;
  readonly evaluator: Evaluator;
  readonly probe: Probe;
  readonly compiled: Compiled;
  readonly arena: Arena;
  #probes = 0;

  constructor(fields: RunFields) {
    this.seed = fields.seed;
    this.experiment = fields.experiment;
    this.plan = fields.plan;
    this.data = fields.data;
    this.coding = fields.coding;
    this.mask = fields.mask;
    this.model = fields.model;
    this.stepper = fields.stepper;
    this.evaluator = fields.evaluator;
    this.compiled = fields.compiled;
    this.arena = fields.arena;
    this.probe = new Probe(fields.compiled, fields.model, fields.stepper, fields.arena);
  }

  /**
   * Losses and accuracies on both splits, the penalty of the regularization included.
   * @param inspected the step at which units and ranks are taken from the same pass; null where they are not
   * @param also what else the pass over the training split is read for
   */
  async evaluate(inspected: number | null, also: Reading | null = null): Promise<Evaluation> {
    const { evaluator, data } = this;
    const losses = evaluator.losses(data.training);
    await this.#passTraining(inspected, [losses, also]);
    const training = losses.result();
    const validation = data.validation === null ? null : await evaluator.evaluate(data.validation);
    const penalty = penaltyOf(this.model, this.experiment.training.regularization);
    return {
      loss: training.loss + penalty,
      data_loss: training.loss,
      accuracy: training.accuracy,
      validation_loss: validation === null ? null : validation.loss + penalty,
      validation_data_loss: validation?.loss ?? null,
      validation_accuracy: validation?.accuracy ?? null,
      penalty,
      original:
        training.original === null
          ? null
          : { loss: training.original, validation_loss: validation?.original ?? null },
    };
  }

  async #passTraining(inspected: number | null, readings: readonly (Reading | null)[]): Promise<void> {
    const { evaluator, data, experiment } = this;
    const units = inspected === null ? null : evaluator.units(inspected, data.training);
    const isRanked = inspected !== null && experiment.diagnostics.probe_every > 0;
    const ranks = isRanked ? evaluator.ranks() : null;
    await evaluator.pass(data.training, [...readings, units, ranks]);
    this.unitPasses.push(...(units?.result() ?? []));
    for (const [layer, rank] of ranks?.result() ?? []) {
      const series = this.ranks.get(layer) ?? [];
      this.ranks.set(layer, [...series, [inspected as number, rank]]);
    }
  }

  /** Of weights and the optimizer's state: nearly all of a snapshot. */
  get stateBytes(): number {
    return this.model.weights.byteLength * (1 + this.stepper.slots.length);
  }

  /** @param steps that earlier snapshots have kept */
  snapshot(steps: number, initial: Evaluation, stopping: EarlyStopping | null): Snapshot {
    const { model, modes, pulls, unitPasses, ranks, tiedUnits } = this;
    return encodeSnapshot(
      this.losses.length,
      {
        losses: Float64Array.from(this.losses.slice(steps)),
        dataLosses: Float64Array.from(this.dataLosses.slice(steps)),
        norms: Float64Array.from(this.norms.slice(steps)),
        rows: this.probe.takeNew(),
      },
      {
        ...{ weights: model.weights, running: model.running, slots: this.stepper.slots, initial },
        ...{ modes, pulls, unitPasses, ranks, tiedUnits, probes: this.#probes },
        stopping: stopping?.state ?? null,
      },
    );
  }

  /** Of a run that has only been prepared: goes on where the other was. Returns what that one measured before its first step. */
  resume(saved: SavedTraining, stopping: EarlyStopping | null): Evaluation {
    const { records, state } = decodeSnapshots(saved);
    for (const { losses, dataLosses, norms, rows } of records) {
      for (const loss of losses) this.losses.push(loss);
      for (const loss of dataLosses) this.dataLosses.push(loss);
      for (const norm of norms) this.norms.push(norm);
      this.probe.append(rows);
    }
    this.model.weights.set(state.weights);
    for (const [name, average] of this.model.running) average.set(present(state.running.get(name), name));
    this.stepper.resume(state.slots, this.losses);
    this.modes.push(...state.modes);
    this.pulls.push(...state.pulls);
    this.unitPasses.push(...state.unitPasses);
    for (const [layer, points] of state.ranks) this.ranks.set(layer, points);
    this.tiedUnits = state.tiedUnits;
    this.#probes = state.probes;
    if (stopping !== null && state.stopping !== null) stopping.state = state.stopping;
    return state.initial;
  }

  /** Null where none is asked for. */
  earlyStopping(): EarlyStopping | null {
    const { early_stopping } = this.experiment.training;
    const { validation } = this.data;
    if (!early_stopping || validation === null) return null;
    return new EarlyStopping(early_stopping, this.model, async () => {
      const { loss } = await this.evaluator.evaluate(validation);
      return loss;
    });
  }

  /** Between two steps: what takes a pass over the data, or many gradients. */
  async inspect(step: number): Promise<void> {
    await this.#passTraining(step, []);
    await this.inspectGradients(step);
  }

  /**
   * What is measured at a few steps only and takes many gradients.
   * @param ended whether no update follows
   */
  async inspectGradients(step: number, ended = false): Promise<void> {
    if (this.experiment.diagnostics.probe_every === 0) return;
    if (step > 0) await this.#compareModes(step);
    if (this.model.weights.length > MAX_INSPECTED_PARAMETERS) return;
    if (step === 0) {
      await this.stepper.compute(0);
      this.tiedUnits = tiedUnits(this.model);
      return;
    }
    const { regularization } = this.experiment.training;
    if (regularization.l1 > 0 || regularization.l2 > 0) {
      this.pulls.push([step, await penaltyPull(this.stepper, this.model, step, regularization)]);
    }
    if (!ended) {
      const ratio = await signalToNoise(this.stepper, this.model, step, this.plan.batch_size);
      this.probe.recordRun(step, 'gradient_signal_to_noise', ratio);
    } else if (optimizerType(this.experiment) === 'sgd') {
      // Useful where the bound 2/learning rate holds: for gradient descent.
      this.probe.recordRun(step, 'sharpness', await sharpness(this.stepper, this.model, step, this.seed));
    }
  }

  async #compareModes(step: number): Promise<void> {
    const { stepper, evaluator, data, coding, compiled } = this;
    // Without running averages and noise both modes are one.
    if (compiled.running.length === 0 && compiled.noises.length === 0) return;
    this.modes.push(await compareModes(stepper, evaluator, data, coding, step, this.plan.batch_size));
  }

  /** Series of what `inspect` measured of layers. */
  rankSeries(): Series[] {
    return [...this.ranks].map(([layer, points]) => ({
      layer,
      tensor: 'output',
      metric: 'effective_rank',
      steps: Int32Array.from(points, ([step]) => step),
      values: Float64Array.from(points, ([, rank]) => rank),
    }));
  }

  /** Of every kernel under a penalty. */
  pullSeries(): Series[] {
    const steps = Int32Array.from(this.pulls, ([step]) => step);
    const series = (metric: 'pull' | 'opposition', at: number, { layer, tensor }: PenaltyPull): Series => ({
      layer,
      tensor,
      metric: `penalty_${metric}`,
      steps,
      values: Float64Array.from(this.pulls, ([, pulls]) => pulls[at]?.[metric] ?? Number.NaN),
    });
    return (this.pulls[0]?.[1] ?? []).flatMap((kernel, at) => [
      series('pull', at, kernel),
      series('opposition', at, kernel),
    ]);
  }

  isProbed(step: number): boolean {
    const every = this.experiment.diagnostics.probe_every;
    return every > 0 && (step % every === 0 || step === this.plan.steps - 1);
  }

  /** Accuracy on the step's batch; now and then, loss and accuracy on the validation split. */
  async #recordProgress({ step, indices }: StepGradients): Promise<void> {
    const { stepper, data, coding } = this;
    const prediction = stepper.output(names.prediction);
    const counted = countRight(prediction, stepper.mask, data.training, indices, coding);
    this.probe.recordRun(step, 'accuracy', accuracyOf(counted));
    const { validation } = this.data;
    const perProbe = PASSES_PER_STEP * this.plan.batch_size * this.experiment.diagnostics.probe_every;
    const every = Math.max(1, Math.ceil((validation?.count ?? 0) / (VALIDATION_SHARE * perProbe)));
    if (validation === null || this.#probes++ % every !== 0) return;
    const result = await this.evaluator.evaluate(validation);
    const penalty = penaltyOf(this.model, this.experiment.training.regularization);
    this.probe.recordRun(step, 'validation_loss', result.loss + penalty);
    this.probe.recordRun(step, 'validation_accuracy', result.accuracy);
  }

  /** One step; tells where it diverged, if it did, in which case nothing was updated. */
  async step(step: number): Promise<Divergence | null> {
    const planned = this.isProbed(step);
    const computed = await this.stepper.compute(step, planned);
    this.losses.push(computed.loss);
    this.dataLosses.push(computed.dataLoss);
    this.norms.push(computed.norm);
    const finite = Number.isFinite(computed.loss) && Number.isFinite(computed.norm);
    const probed = planned || (!finite && this.experiment.diagnostics.probe_every > 0);
    // Nobody knows before that this step has to be looked at.
    if (!finite && !planned) await this.stepper.compute(step, true);
    if (probed) {
      this.probe.beforeUpdate(computed);
      await this.#recordProgress(computed);
    }
    if (!finite) return this.probe.locate(step);
    const update = this.stepper.update(computed);
    if (probed) this.probe.afterUpdate(step, update);
    return null;
  }

  async release(): Promise<void> {
    await this.stepper.release();
    await this.evaluator.release();
  }
}

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

async function prepare(experiment: Experiment, seed: number, checkpoint: Checkpoint): Promise<Run> {
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
  const classWeights = resolveClassWeights(experiment.training.class_weights, counts);
  const coding = codeTargets(loss, plan.output_shape, classWeights);
  const fields = { seed, experiment, plan, data: counted, coding, mask, model, arena, compiled };
  return openSessions(fields, options, checkpoint);
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

function finish(
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
    data_losses: l1 > 0 || l2 > 0 ? Float64Array.from(run.dataLosses) : losses,
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

/** What is measured before the first step, here or where the training began. */
async function begin(run: Run, stopping: EarlyStopping | null, snapshots?: Snapshots): Promise<Evaluation> {
  const saved = snapshots?.saved ?? null;
  if (saved !== null) return run.resume(saved, stopping);
  const initial = await run.evaluate(0);
  await run.inspectGradients(0);
  return initial;
}

type Recall = Pick<Trace, 'class_recall' | 'label_recall'>;

/** What is measured after the last step; gradients only where they are finite. */
async function end(run: Run, isDiverged: boolean): Promise<{ final: Evaluation; recall: Recall }> {
  const step = isDiverged ? null : run.losses.length;
  const { evaluator, data } = run;
  const classes = evaluator.recall(data.training);
  const labels = evaluator.labelRecall(data.training);
  const final = await run.evaluate(step, classes ?? labels);
  if (step !== null) await run.inspectGradients(step, true);
  const ofLabels = labels === null ? {} : { label_recall: labels.result() };
  return { final, recall: { class_recall: classes?.result() ?? null, ...ofLabels } };
}

async function loop(
  run: Run,
  seed: number,
  checkpoint: Checkpoint,
  { keepWeights = false, onLoss, snapshots }: TrainOptions,
): Promise<Trace> {
  const { steps } = run.plan;
  const middle = Math.floor(steps / 2);
  const withWeights = keepWeights && run.plan.parameter_count <= MAX_KEPT_PARAMETERS;
  const initialFile = withWeights ? encodeSafetensors(copyWeights(run.model)) : null;
  const stopping = run.earlyStopping();
  const initial = await begin(run, stopping, snapshots);
  run.losses.forEach((loss, step) => {
    onLoss?.(step, loss);
  });
  let divergence: Divergence | null = null;
  let stopped = false;
  let kept = run.losses.length;
  for (let step = kept; step < steps && divergence === null && !stopped; step++) {
    if (step === middle && step > 0) await run.inspect(step);
    divergence = await run.step(step);
    onLoss?.(step, run.losses[step] as number);
    if (divergence === null) stopped = (await stopping?.observe(step + 1)) ?? false;
    if (divergence !== null || stopped || !snapshots?.isDue(run.stateBytes)) continue;
    snapshots.keep(run.snapshot(kept, initial, stopping));
    kept = run.losses.length;
  }
  if (divergence === null) stopping?.restore();
  const { final, recall } = await end(run, divergence !== null);
  checkpoint();
  const weights =
    initialFile === null ? null : { initial: initialFile, final: encodeSafetensors(copyWeights(run.model)) };
  return finish(run, seed, initial, final, divergence, recall, weights);
}

/**
 * Trains `experiment` with `seed`. The same experiment and seed give the same Trace, bit for bit, on the same machine.
 * A training that diverges is a Trace like any other; it ends before the first update with non-finite numbers.
 */
export async function train(
  experiment: Experiment,
  seed: number,
  options: TrainOptions = {},
): Promise<Result<Trace, { code: 'canceled' }>> {
  return untilCanceled(options.isCanceled ?? (() => false), async (checkpoint) => {
    const run = await prepare(experiment, seed, checkpoint);
    options.onPrepared?.();
    try {
      return await loop(run, seed, checkpoint, options);
    } finally {
      await run.release();
    }
  });
}
