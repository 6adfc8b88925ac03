/** @file Measures a step: every layer's output, gradients, weights and updates. Reads only. */
import { activationShape, type BuiltLayer } from '../network/index.ts';
import { type Divergence, Recorder, type Series, UnitCounter, unitLayout } from '../statistics/index.ts';
import { names } from './compile.ts';
import type { Model } from './model.ts';
import type { StepGradients, Stepper, StepUpdate } from './step.ts';

const nameOf = (value: number): Divergence['value'] =>
  Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';

const firstNonFinite = (values: Float32Array): number | undefined =>
  values.find((value) => !Number.isFinite(value));

export class Probe {
  readonly #recorder = new Recorder();
  readonly #layers: readonly BuiltLayer[];
  readonly #model: Model;
  readonly #stepper: Stepper;
  readonly #before: Float32Array;

  constructor(layers: readonly BuiltLayer[], model: Model, stepper: Stepper) {
    this.#layers = layers;
    this.#model = model;
    this.#stepper = stepper;
    this.#before = new Float32Array(model.weights.length);
  }

  recordRun(step: number, metric: string, value: number | null): void {
    if (value !== null) this.#recorder.record(step, null, null, metric, value);
  }

  /** Everything known before the update; keeps a copy of the weights to tell what the update will have been. */
  beforeUpdate({ step, loss, norm }: StepGradients): void {
    this.recordRun(step, 'loss', loss);
    this.recordRun(step, 'gradient_global_norm', norm);
    for (const layer of this.#layers) this.#recordOutput(step, layer);
    for (const { layer, tensor, weights, gradient } of this.#model.parameters) {
      this.#recorder.recordTensor(step, layer, tensor, weights);
      this.#recorder.recordTensor(step, layer, `${tensor}.gradient`, gradient);
    }
    this.#before.set(this.#model.weights);
  }

  #recordOutput(step: number, { name, activation, output_shape }: BuiltLayer): void {
    const output = this.#stepper.output(names.output(name));
    this.#recorder.recordTensor(step, name, 'output', output);
    this.#recorder.recordTensor(
      step,
      name,
      'output_gradient',
      this.#stepper.output(names.outputGradient(name)),
    );
    const shape = activation === null ? null : activationShape(activation);
    if (shape === null || (shape.saturation === null && !shape.dead_zone)) return;
    const counter = new UnitCounter(unitLayout(output_shape));
    counter.add(output, shape.saturation);
    if (shape.dead_zone) {
      const fraction = counter.dead / unitLayout(output_shape).units;
      this.#recorder.record(step, name, 'output', 'dead_unit_fraction', fraction);
    }
    if (shape.saturation !== null) {
      this.#recorder.record(step, name, 'output', 'saturated_fraction', counter.saturatedFraction);
    }
  }

  /** What the optimizer applied. */
  afterUpdate(step: number, { learningRate, clippedFraction }: StepUpdate): void {
    this.recordRun(step, 'learning_rate', learningRate);
    this.recordRun(step, 'clipped_fraction', clippedFraction);
    let offset = 0;
    for (const { layer, tensor, weights } of this.#model.parameters) {
      const before = this.#before.subarray(offset, offset + weights.length);
      const norm = Math.sqrt(before.reduce((sum, w) => sum + w * w, 0));
      const update = weights.map((weight, i) => weight - (before[i] as number));
      const updateNorm = this.#recorder.recordTensor(step, layer, `${tensor}.update`, update);
      // A zero parameter (a fresh bias) has no scale to compare with: the ratio is ∞ or NaN, and says so.
      this.#recorder.record(step, layer, `${tensor}.update`, 'ratio_to_weight', updateNorm / norm);
      offset += weights.length;
    }
  }

  /** Where numbers stopped being finite: first in the order of the forward pass, then in that of the backward pass. */
  locate(step: number): Divergence {
    const tensors: [string | null, string, Divergence['direction'], Float32Array][] = [
      ...this.#model.parameters.map(
        ({ layer, tensor, weights }) => [layer, tensor, 'forward', weights] as (typeof tensors)[number],
      ),
      ...this.#layers.map(
        ({ name }) =>
          [name, 'output', 'forward', this.#stepper.output(names.output(name))] as (typeof tensors)[number],
      ),
      [null, 'loss', 'forward', this.#stepper.output(names.loss)],
      ...this.#layers.toReversed().flatMap(({ name }) => this.#backward(name)),
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
