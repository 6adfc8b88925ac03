/** @file A training in progress: its parts at hand, a step, and all that is measured on the way. */
import type { DataSplits } from '../data/index.ts';
import type { Experiment, Plan } from '../experiment/index.ts';
import type { Arena } from '../kernels/index.ts';
import type {
  Divergence,
  Evaluation,
  ModeComparison,
  SavedTraining,
  Series,
  Snapshot,
  TiedUnits,
  UnitPass,
} from '../statistics/index.ts';
import { present } from '../util/assert.ts';
import { type Compiled, isKernel, names } from './compile.ts';
import { EarlyStopping } from './early_stopping.ts';
import type { Evaluator, Reading } from './evaluator.ts';
import {
  MAX_INSPECTED_PARAMETERS,
  type PenaltyPull,
  penaltyPull,
  sharpness,
  signalToNoise,
  tiedUnits,
} from './inspections.ts';
import type { Model } from './model.ts';
import { compareModes } from './modes.ts';
import { Probe } from './probe.ts';
import { decodeSnapshots, encodeSnapshot } from './snapshot.ts';
import type { StepGradients, Stepper } from './step.ts';
import { accuracyOf, countRight, type TargetCoding } from './targets.ts';

const optimizerType = ({ training: { optimizer } }: Experiment): string =>
  typeof optimizer === 'string' ? optimizer : optimizer.type;

/** Measuring validation may cost this fraction of the forward and backward passes between two probes. */
const VALIDATION_SHARE = 0.03;
const PASSES_PER_STEP = 3;

/** l1 · Σ|w| + l2 · Σw² over kernels. */
function penaltyOf(model: Model, { l1, l2 }: Experiment['training']['regularization']): number {
  if (l1 === 0 && l2 === 0) return 0;
  let sum = 0;
  for (const { weights } of model.parameters.filter(isKernel)) {
    for (const w of weights) sum += l1 * Math.abs(w) + l2 * w * w;
  }
  return sum;
}

export type RunFields = Pick<
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
export class Run {
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
   * Losses and accuracies on both splits, the penalties of the regularization and of layers included.
   * @param inspected the step at which units and ranks are taken from the same pass; null where they are not
   * @param also what else the pass over the training split is read for
   */
  async evaluate(inspected: number | null, also: Reading | null = null): Promise<Evaluation> {
    const { evaluator, data } = this;
    const losses = evaluator.losses(data.training);
    await this.#passTraining(inspected, [losses, also]);
    const training = losses.result();
    const validation = data.validation === null ? null : await evaluator.evaluate(data.validation);
    const own = penaltyOf(this.model, this.experiment.training.regularization);
    const penalty = own + training.penalty;
    return {
      loss: training.loss + penalty,
      data_loss: training.loss,
      accuracy: training.accuracy,
      validation_loss: validation === null ? null : validation.loss + own + validation.penalty,
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
    this.probe.recordRun(step, 'validation_loss', result.loss + result.penalty + penalty);
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
