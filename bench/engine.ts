/** @file The engine as a training of the service puts it together, with its parts at hand so that each can be timed. */
import { type DataSplits, loadData } from '../src/data/index.ts';
import { inputsOf, parseExperiment, placedLayers, resolveLoss } from '../src/experiment/index.ts';
import { createSession, type Graph, type Session } from '../src/graph/index.ts';
import type { Arena } from '../src/kernels/index.ts';
import {
  type Compiled,
  type CompileOptions,
  compileInference,
  compileTraining,
  names,
  neededOutputs,
} from '../src/training/compile.ts';
import { createModel, type Model } from '../src/training/model.ts';
import { Probe } from '../src/training/probe.ts';
import { createArena, type StepGradients, Stepper } from '../src/training/step.ts';
import { accuracyOf, codeTargets, countRight, type TargetCoding } from '../src/training/targets.ts';
import type { Batch, Network } from './networks.ts';

/** What is read of every parameter's gradient at every step, here as with the peers. */
const STATISTICS = ['l2_norm', 'mean', 'std', 'abs_max', 'zero_fraction'] as const;

/** Six float64: see `moments` in src/kernels/assembly/statistics.ts. */
const SUMS = 6;
/** The schedule is told a length; the runs here end before it. */
const STEPS = 1_000_000;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** A flat array as nested ones, the way a request holds them. */
function nest(values: readonly number[], shape: readonly number[]): unknown {
  if (shape.length === 0) return values[0];
  const [count = 0, ...rest] = shape;
  const size = sizeOf(rest);
  return Array.from({ length: count }, (_, i) => nest(values.slice(i * size, (i + 1) * size), rest));
}

export function experimentOf(network: Network, batch: Batch) {
  const parsed = parseExperiment({
    network: { input: { shape: network.input }, layers: network.request ?? network.layers },
    data: {
      type: 'inline',
      inputs: nest(batch.inputs, [network.batch, ...network.input]),
      targets: batch.labels,
      validation_split: 0,
    },
    training: {
      loss: 'softmax_cross_entropy',
      optimizer: { type: 'sgd', learning_rate: 0.001, momentum: 0.9 },
      batch_size: network.batch,
      steps: STEPS,
    },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

export type Prepared = ReturnType<typeof experimentOf>;

interface Parts {
  readonly prepared: Prepared;
  readonly options: CompileOptions;
  readonly compiled: Compiled;
  readonly data: DataSplits;
  readonly coding: TargetCoding;
  readonly model: Model;
  readonly arena: Arena;
  readonly stepper: Stepper;
}

export class Engine {
  readonly stepper: Stepper;
  readonly model: Model;
  readonly graph: Graph;
  /** What an unprobed step fetches. */
  readonly needed: ReadonlySet<string>;
  readonly #prepared: Prepared;
  readonly #options: CompileOptions;
  readonly #data: DataSplits;
  readonly #coding: TargetCoding;
  readonly #arena: Arena;
  readonly #probe: Probe;
  readonly #sums: Float64Array;
  readonly #statistics: Float64Array;
  #step = 0;
  loss = Number.NaN;

  private constructor(parts: Parts) {
    this.#prepared = parts.prepared;
    this.#options = parts.options;
    this.graph = parts.compiled.graph;
    this.needed = neededOutputs(parts.compiled);
    this.#data = parts.data;
    this.#coding = parts.coding;
    this.model = parts.model;
    this.#arena = parts.arena;
    this.stepper = parts.stepper;
    this.#probe = new Probe(parts.compiled, parts.model, parts.stepper, parts.arena);
    this.#sums = parts.arena.doubles(SUMS);
    this.#statistics = new Float64Array(parts.model.parameters.length * STATISTICS.length);
  }

  /** Graph, weights, session: all that a training needs before its first step, except validation. */
  static async create(prepared: Prepared): Promise<Engine> {
    const { experiment, plan } = prepared;
    const loss = resolveLoss(experiment);
    const options: CompileOptions = {
      layers: placedLayers(experiment),
      inputs: inputsOf(experiment),
      batchSize: plan.batch_size,
      loss,
      weighted: false,
      regularization: experiment.training.regularization,
    };
    const compiled = compileTraining(options);
    const arena = createArena(compiled, experiment);
    const model = createModel(compiled.parameters, compiled.running, 0, arena);
    const data = loadData(experiment.data, 0, inputsOf(experiment));
    const coding = codeTargets(loss, plan.output_shape, null);
    const { batch_size: batchSize, steps } = plan;
    const common = { experiment, compiled, model, arena, data, coding };
    const stepper = await Stepper.create({ ...common, seed: 0, batchSize, steps });
    return new Engine({ prepared, options, compiled, data, coding, model, arena, stepper });
  }

  get plan(): Prepared['plan'] {
    return this.#prepared.plan;
  }

  /** Forward and backward. */
  async compute(all = false): Promise<StepGradients> {
    const computed = await this.stepper.compute(this.#step++, all);
    this.loss = computed.loss;
    return computed;
  }

  update(computed: StepGradients): void {
    this.stepper.update(computed);
  }

  /** The five statistics of every parameter's gradient, by the kernel that the probe uses. */
  measure(): void {
    const sums = this.#sums;
    this.model.parameters.forEach(({ gradient }, i) => {
      const n = gradient.length;
      this.#arena.kernels.moments(gradient.byteOffset, n, sums.byteOffset);
      const [sum, squares, , min, max, zeros] = sums as unknown as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const mean = sum / n;
      const deviation = Math.sqrt(Math.max(0, squares / n - mean * mean));
      const row = [Math.sqrt(squares), mean, deviation, Math.max(-min, max), zeros / n];
      this.#statistics.set(row, i * STATISTICS.length);
    });
  }

  async plainStep(): Promise<void> {
    this.update(await this.compute());
  }

  async measuredStep(): Promise<void> {
    const computed = await this.compute();
    this.measure();
    this.update(computed);
  }

  /** All that the service measures at a probed step: outputs, gradients, weights and updates, with quantiles. */
  async probedStep(): Promise<void> {
    const computed = await this.compute(true);
    this.#probe.beforeUpdate(computed);
    const { step, indices } = computed;
    const right = countRight(
      this.stepper.output(names.prediction),
      this.stepper.mask,
      this.#data.training,
      indices,
      this.#coding,
    );
    this.#probe.recordRun(step, 'accuracy', accuracyOf(right));
    this.#probe.afterUpdate(step, this.stepper.update(computed));
  }

  /** The training graph on its own: forward and backward without batch, norm and update. */
  async trainingSession(): Promise<Session> {
    return this.#fed(compileTraining(this.#options).graph);
  }

  /** The same network forward only. */
  async forwardSession(): Promise<Session> {
    return this.#fed(compileInference(this.#options).graph);
  }

  /** A session on copies of the weights, with the batch of the last step. */
  async #fed(graph: Graph): Promise<Session> {
    const session = await createSession(graph);
    for (const { name } of graph.inputs) session.input(name).set(this.stepper.input(name));
    return session;
  }

  release(): Promise<void> {
    return this.stepper.release();
  }
}
