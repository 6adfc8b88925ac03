/** @file One training step: batch in, loss and gradients out, clipping, update. */
import { type Batches, createBatches, type DataSplits, gatherInputs } from '../data/index.ts';
import type { Experiment } from '../experiment/index.ts';
import { type Session, sizeOf } from '../graph/index.ts';
import { Arena } from '../kernels/index.ts';
import {
  clippingKind,
  type Optimizer,
  optimizerKind,
  type Schedule,
  scheduleKind,
} from '../network/index.ts';
import { MEASURE_BYTES, mostUnits, StuckUnits } from '../statistics/index.ts';
import { present } from '../util/assert.ts';
import { type Checkpoint, createAskingSession, neverCanceled } from './cancel.ts';
import { type Compiled, names, neededOutputs } from './compile.ts';
import { type Model, updateRunning } from './model.ts';
import { fillNoise } from './noise.ts';
import { fillTargets, fillWeights, type TargetCoding } from './targets.ts';

/** What the forward and backward pass of a step gave. */
export interface StepGradients {
  readonly step: number;
  readonly indices: Int32Array;
  readonly loss: number;
  /** Without the penalty. */
  readonly dataLoss: number;
  /** L2 norm of all gradients together, before clipping. */
  readonly norm: number;
}

export interface StepUpdate {
  readonly learningRate: number;
  /** Fraction of gradient elements that clipping changed. */
  readonly clippedFraction: number;
}

interface StepperOptions {
  readonly experiment: Experiment;
  readonly compiled: Compiled;
  readonly model: Model;
  readonly arena: Arena;
  readonly data: DataSplits;
  readonly coding: TargetCoding;
  readonly seed: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly checkpoint?: Checkpoint;
}

/** The training graph at work. `compute` reads the weights, `update` changes them. */
export class Stepper {
  readonly #options: StepperOptions;
  readonly #session: Session;
  readonly #batches: Batches;
  readonly #schedule: Schedule;
  readonly #optimizer: Optimizer;
  readonly #slots: Float32Array[];
  readonly #isPenalized: boolean;
  /** What every step needs. */
  readonly #needed: ReadonlySet<string>;

  private constructor(options: StepperOptions, session: Session) {
    const { experiment, data, model, arena, steps, seed, batchSize } = options;
    const { training } = experiment;
    this.#options = options;
    this.#session = session;
    this.#isPenalized = options.compiled.graph.outputs.some(({ name }) => name === names.dataLoss);
    this.#batches = createBatches({
      count: data.training.count,
      batchSize,
      shuffle: experiment.data.shuffle,
      seed,
    });
    this.#schedule = scheduleKind.resolve(training.learning_rate_schedule).create({
      totalSteps: steps,
      stepsPerEpoch: Math.ceil(data.training.count / batchSize),
    });
    this.#optimizer = optimizerKind.resolve(training.optimizer);
    this.#slots = this.#optimizer.slots.map((initial) => arena.floats(model.weights.length).fill(initial));
    this.#needed = neededOutputs(options.compiled);
  }

  static async create(options: StepperOptions): Promise<Stepper> {
    const { compiled, model, arena, checkpoint = neverCanceled } = options;
    const allocate = (length: number) => arena.floats(length);
    const session = await createAskingSession(checkpoint, compiled.graph, model.buffers, allocate);
    return new Stepper(options, session);
  }

  /** A buffer of the training graph that it reads. */
  input(name: string): Float32Array {
    return this.#session.input(name);
  }

  /** A buffer of the training graph: an output of the last `compute`, which has fetched it. */
  output(name: string): Float32Array {
    return this.#session.output(name);
  }

  /** Of the last `compute` that fetched all: which time steps the loss counts; null where all of them. */
  get mask(): Float32Array | null {
    return this.#options.compiled.mask === null ? null : this.#session.output(names.mask);
  }

  /**
   * Forward and backward on the batch of this step. At the same weights it gives the same bits again.
   * @param all fetches the layers' outputs too, for who measures them; without it loss and gradients
   */
  async compute(step: number, all = false): Promise<StepGradients> {
    const { compiled, data, coding, seed } = this.#options;
    const indices = this.#batches.indices(step);
    gatherInputs(data.training.inputs, data.inputs, indices, (name) =>
      this.#session.input(names.input(name)),
    );
    fillTargets(this.#session.input(names.targets), data.training, indices, coding);
    if (coding.classWeights !== null) {
      fillWeights(this.#session.input(names.weights), data.training, indices, coding);
    }
    for (const noise of compiled.noises) fillNoise(noise, this.#session.input(noise.name), seed, step);
    await (all ? this.#session.run() : this.#session.run(this.#needed));
    const loss = this.#session.output(names.loss)[0] as number;
    const dataLoss = this.#isPenalized ? (this.#session.output(names.dataLoss)[0] as number) : loss;
    const { gradient } = this.#options.model;
    const squares = this.#options.arena.kernels.sumOfSquares(gradient.byteOffset, gradient.length);
    return { step, indices, loss, dataLoss, norm: Math.sqrt(squares) };
  }

  /** Clips the gradients in place and applies the optimizer; feeds running averages and the schedule. */
  update({ step, loss }: StepGradients): StepUpdate {
    const { experiment, compiled, model, arena } = this.#options;
    const { kernels } = arena;
    const clipping = experiment.training.gradient_clipping;
    const clippedFraction = clipping === null ? 0 : clip(clipping, model);
    const learningRate = this.#optimizer.learning_rate * this.#schedule.factor(step);
    this.#optimizer.apply({
      kernels,
      weights: model.weights,
      gradient: model.gradient,
      slots: this.#slots,
      learningRate,
      t: step + 1,
    });
    for (const { name, update } of compiled.running) {
      const average = model.running.get(name);
      if (update === null || average === undefined) continue;
      updateRunning(average, this.#session.output(names.batchValue(name)), update.momentum);
    }
    this.#schedule.observe(loss);
    return { learningRate, clippedFraction };
  }

  /** The optimizer's state, one array for each of its slots, as it stands. */
  get slots(): readonly Float32Array[] {
    return this.#slots;
  }

  /** As after updates that gave these `losses`. */
  resume(slots: readonly Float32Array[], losses: readonly number[]): void {
    this.#slots.forEach((slot, i) => {
      slot.set(present(slots[i], 'state of the optimizer'));
    });
    for (const loss of losses) this.#schedule.observe(loss);
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

function clip(
  config: NonNullable<Experiment['training']['gradient_clipping']>,
  { parameters }: Model,
): number {
  return clippingKind.resolve(config).clip(parameters);
}

/** Memory for a training: all that the training graph reads and writes, the optimizer's, and what probes need beside. */
export function createArena(compiled: Compiled, experiment: Experiment): Arena {
  const { slots } = optimizerKind.resolve(experiment.training.optimizer);
  const sizes = [...compiled.graph.inputs, ...compiled.graph.outputs].map(({ tensor }) =>
    sizeOf(tensor.shape),
  );
  const weights = compiled.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const copies = (slots.length + PROBE_COPIES) * Arena.bytesOf(weights);
  const measuring = MEASURE_BYTES + StuckUnits.bytesFor(mostUnits(compiled.layers));
  return new Arena(copies + measuring + sizes.reduce((sum, size) => sum + Arena.bytesOf(size), 0));
}

/** Weights before an update. */
const PROBE_COPIES = 1;
