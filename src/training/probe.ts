/** @file Measures a step: every layer's output, gradients, weights and updates. Reads only. */
import type { Arena } from '../kernels/index.ts';
import { type ActivationShape, activationShape, type BuiltLayer } from '../network/index.ts';
import {
  type Divergence,
  Measure,
  mostUnits,
  type RecordedRows,
  Recorder,
  type Series,
  StuckUnits,
  type Table,
  tensorMetrics,
  type UnitLayout,
  unitLayout,
} from '../statistics/index.ts';
import { type Compiled, names } from './compile.ts';
import type { Model, ModelParameter } from './model.ts';
import type { StepGradients, Stepper, StepUpdate } from './step.ts';

const nameOf = (value: number): Divergence['value'] =>
  Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';

const firstNonFinite = (values: Float32Array): number | undefined =>
  values.find((value) => !Number.isFinite(value));

interface LayerTables {
  readonly layer: BuiltLayer;
  readonly shape: ActivationShape | null;
  readonly units: UnitLayout;
  readonly output: Table;
  readonly outputGradient: Table;
  /** The names of the graph's outputs, made once: they are looked up at every probe. */
  readonly names: { readonly output: string; readonly gradient: string };
}

/** Gradients at the states of a recurrent layer, [time, batch, features]. */
interface StateTables {
  readonly layer: string;
  readonly time: number;
  readonly gradient: Table;
}

/** RMS at the first time step over the largest of all, and over that at the last. */
const throughTime = ['first_to_largest_ratio', 'first_to_last_ratio'];

interface ParameterTables {
  readonly parameter: ModelParameter;
  /** Its weights before the update. */
  readonly before: Float32Array;
  readonly weights: Table;
  readonly gradient: Table;
  readonly update: Table;
}

/** A tensor's own metrics come first. */
const FURTHER = tensorMetrics.length;

export class Probe {
  readonly #recorder = new Recorder();
  readonly #layers: readonly LayerTables[];
  readonly #parameters: readonly ParameterTables[];
  readonly #states: readonly StateTables[];
  readonly #model: Model;
  readonly #stepper: Stepper;
  readonly #arena: Arena;
  readonly #measure: Measure;
  readonly #stuck: StuckUnits;

  constructor(
    { layers, states }: Pick<Compiled, 'layers' | 'states'>,
    model: Model,
    stepper: Stepper,
    arena: Arena,
  ) {
    const recorder = this.#recorder;
    this.#layers = layers.map((layer) => {
      const shape = layer.activation === null ? null : activationShape(layer.activation);
      const stuck = [
        ...(shape?.dead_zone ? ['dead_unit_fraction'] : []),
        ...(shape?.saturation ? ['saturated_fraction'] : []),
      ];
      return {
        layer,
        shape,
        units: unitLayout(layer.output_shape),
        output: recorder.tensor(layer.name, 'output', stuck),
        outputGradient: recorder.tensor(layer.name, 'output_gradient'),
        names: { output: names.output(layer.name), gradient: names.outputGradient(layer.name) },
      };
    });
    const before = arena.floats(model.weights.length);
    this.#parameters = model.parameters.map((parameter) => {
      const start =
        (parameter.weights.byteOffset - model.weights.byteOffset) / Float32Array.BYTES_PER_ELEMENT;
      const end = start + parameter.weights.length;
      return {
        parameter,
        before: before.subarray(start, end),
        weights: recorder.tensor(parameter.layer, parameter.tensor),
        gradient: recorder.tensor(parameter.layer, `${parameter.tensor}.gradient`),
        update: recorder.tensor(parameter.layer, `${parameter.tensor}.update`, ['ratio_to_weight']),
      };
    });
    this.#states = states.map(({ layer, value }) => ({
      layer,
      time: value.shape[0] as number,
      gradient: recorder.tensor(layer, 'state_gradient', throughTime),
    }));
    this.#model = model;
    this.#stepper = stepper;
    this.#arena = arena;
    this.#measure = new Measure(arena);
    this.#stuck = new StuckUnits(arena, mostUnits(layers));
  }

  recordRun(step: number, metric: string, value: number | null): void {
    if (value !== null) this.#recorder.run(step, metric, value);
  }

  /** What was recorded since the last call. */
  takeNew(): RecordedRows {
    return this.#recorder.takeNew();
  }

  /** What `takeNew` gave of a training of the same network. */
  append(rows: RecordedRows): void {
    this.#recorder.append(rows);
  }

  #record(table: Table, step: number, values: Float32Array, further: readonly number[] = []): void {
    const row = table.row(step);
    this.#measure.tensor(values, row.values, row.offset);
    row.values.set(further, row.offset + FURTHER);
  }

  /** Everything known before the update; keeps a copy of the weights to tell what the update will have been. */
  beforeUpdate({ step, loss, norm }: StepGradients): void {
    this.recordRun(step, 'loss', loss);
    this.recordRun(step, 'gradient_global_norm', norm);
    for (const tables of this.#layers) this.#recordOutput(step, tables);
    for (const tables of this.#states) this.#recordStates(step, tables);
    for (const { parameter, before, weights, gradient } of this.#parameters) {
      this.#record(weights, step, parameter.weights);
      before.set(parameter.weights);
      this.#record(gradient, step, parameter.gradient);
    }
  }

  #recordOutput(step: number, tables: LayerTables): void {
    const { output, outputGradient, names: own } = tables;
    const values = this.#stepper.output(own.output);
    this.#record(output, step, values, this.#stuckFractions(tables, values));
    this.#record(outputGradient, step, this.#stepper.output(own.gradient));
  }

  /** Of dead units and of saturated outputs, where the activation's shape makes them possible. */
  #stuckFractions({ layer, shape, units }: LayerTables, values: Float32Array): number[] {
    if (shape === null) return [];
    const mask = layer.mask === null ? null : this.#stepper.output(names.layerMask(layer.name));
    return [
      ...(shape.dead_zone ? [this.#stuck.dead(values, units, mask)] : []),
      ...(shape.saturation === null ? [] : [this.#stuck.saturated(values, shape.saturation, mask)]),
    ];
  }

  #recordStates(step: number, { layer, time, gradient }: StateTables): void {
    const values = this.#stepper.output(names.stateGradient(layer));
    const size = values.length / time;
    const { kernels } = this.#arena;
    const norms = Array.from({ length: time }, (_, t) =>
      Math.sqrt(kernels.sumOfSquares(values.byteOffset + t * size * values.BYTES_PER_ELEMENT, size)),
    );
    const first = norms[0] as number;
    const largest = norms.reduce((most, norm) => Math.max(most, norm), 0);
    this.#record(gradient, step, values, [first / largest, first / (norms.at(-1) as number)]);
  }

  /** What the optimizer applied. */
  afterUpdate(step: number, { learningRate, clippedFraction }: StepUpdate): void {
    this.recordRun(step, 'learning_rate', learningRate);
    this.recordRun(step, 'clipped_fraction', clippedFraction);
    for (const { parameter, before, update, weights } of this.#parameters) {
      const row = update.row(step);
      this.#measure.tensor(parameter.weights, row.values, row.offset, before);
      const norm = weights.last('l2_norm');
      // A zero parameter (a fresh bias) has no scale to compare with: the ratio is ∞ or NaN, and says so.
      row.values[row.offset + FURTHER] = (row.values[row.offset] as number) / norm;
    }
  }

  /** Where numbers stopped being finite: first in the order of the forward pass, then in that of the backward pass. */
  locate(step: number): Divergence {
    const tensors: [string | null, string, Divergence['direction'], Float32Array][] = [
      ...this.#model.parameters.map(
        ({ layer, tensor, weights }) => [layer, tensor, 'forward', weights] as (typeof tensors)[number],
      ),
      ...this.#layers.map(
        ({ layer: { name } }) =>
          [name, 'output', 'forward', this.#stepper.output(names.output(name))] as (typeof tensors)[number],
      ),
      [null, 'loss', 'forward', this.#stepper.output(names.loss)],
      ...this.#layers.toReversed().flatMap(({ layer }) => this.#backward(layer.name)),
    ];
    for (const [layer, tensor, direction, values] of tensors) {
      const value = firstNonFinite(values);
      if (value !== undefined) return { step, layer, tensor, direction, value: nameOf(value) };
    }
    // Every tensor is finite: only the norm overflowed, which float64 sums of float32 squares cannot.
    return { step, layer: null, tensor: 'gradient_global_norm', direction: 'backward', value: 'inf' };
  }

  #backward(layer: string): [string, string, 'backward', Float32Array][] {
    const own = this.#model.parameters.filter((parameter) => parameter.layer === layer);
    return [
      [layer, 'output_gradient', 'backward', this.#stepper.output(names.outputGradient(layer))],
      ...own.map(
        ({ tensor, gradient }) =>
          [layer, `${tensor}.gradient`, 'backward', gradient] as [string, string, 'backward', Float32Array],
      ),
    ];
  }

  finish(): Series[] {
    return this.#recorder.finish();
  }
}
