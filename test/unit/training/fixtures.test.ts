/** @file The engine against PyTorch: layer outputs, loss, gradients, and six optimizer steps of every fixture. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadData } from '../../../src/data/index.ts';
import { parseExperiment, placedLayers, resolveLoss } from '../../../src/experiment/index.ts';
import { compileTraining, names } from '../../../src/training/compile.ts';
import { createModel, type Model } from '../../../src/training/model.ts';
import { Stepper } from '../../../src/training/step.ts';
import { codeTargets } from '../../../src/training/targets.ts';

interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Fixture {
  readonly experiment: unknown;
  readonly parameters: Record<string, Numbers>;
  readonly expected: {
    readonly output: Numbers;
    readonly loss: number;
    readonly layer_outputs: Record<string, Numbers>;
    readonly output_gradients: Record<string, Numbers>;
    readonly gradients: Record<string, Numbers>;
    readonly steps: {
      readonly losses: readonly number[];
      readonly parameters_after: Record<string, Numbers>;
      readonly states: Record<string, Numbers>;
    };
  };
}

const folder = new URL('../../reference/fixtures/', import.meta.url);

/** Float32 has 1.2e-7 of relative precision; three layers of sums and six updates lose some of it. */
const TOLERANCE = 1e-4;
/**
 * On the scale of the tensor, but not below 1e-3: a bias before batch normalization has a gradient of exactly 0, where
 * float32 leaves a rounding error of about 6e-8.
 */
const relativeError = (actual: ArrayLike<number>, expected: readonly number[]): number => {
  const scale = Math.max(...expected.map(Math.abs), 1e-3);
  return Math.max(...expected.map((value, i) => Math.abs((actual[i] as number) - value))) / scale;
};

function expectClose(what: string, actual: ArrayLike<number>, { data }: Numbers): void {
  expect(actual.length, what).toBe(data.length);
  expect(relativeError(actual, data), what).toBeLessThan(TOLERANCE);
}

async function build(fixture: Fixture) {
  const parsed = parseExperiment(fixture.experiment);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment, plan } = parsed.value;
  const loss = resolveLoss(experiment);
  const classWeights = experiment.training.class_weights as number[] | null;
  const compiled = compileTraining({
    layers: placedLayers(experiment),
    inputShape: experiment.network.input.shape,
    batchSize: plan.batch_size,
    loss,
    weighted: classWeights !== null,
    regularization: experiment.training.regularization,
  });
  const model = createModel(compiled.parameters, compiled.running, 0);
  expect(model.parameters.map(({ name }) => name).sort()).toEqual(Object.keys(fixture.parameters).sort());
  for (const { name, weights, shape } of model.parameters) {
    expect(shape).toEqual(fixture.parameters[name]?.shape);
    weights.set(fixture.parameters[name]?.data ?? []);
  }
  const data = loadData(experiment.data, 0, experiment.network.input.shape);
  const coding = codeTargets(loss, plan.output_shape, classWeights);
  const stepper = await Stepper.create({
    experiment,
    compiled,
    model,
    data,
    coding,
    seed: 0,
    batchSize: plan.batch_size,
    steps: plan.steps,
  });
  return { stepper, model };
}

/** Outputs and gradients of every layer, and the gradient of every parameter. */
function expectFirstStep(stepper: Stepper, model: Model, expected: Fixture['expected']): void {
  expectClose('output', stepper.output(names.prediction), expected.output);
  for (const [layer, numbers] of Object.entries(expected.layer_outputs)) {
    expectClose(layer, stepper.output(names.output(layer)), numbers);
  }
  for (const [layer, numbers] of Object.entries(expected.output_gradients)) {
    expectClose(`∂ ${layer}`, stepper.output(names.outputGradient(layer)), numbers);
  }
  for (const { name, gradient } of model.parameters) {
    expectClose(`∂ ${name}`, gradient, expected.gradients[name] as Numbers);
  }
}

describe('PyTorch fixtures', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

  it('are there', () => expect(files.length).toBeGreaterThan(90));

  it.each(files)('%s', async (file) => {
    const fixture = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture;
    const { stepper, model } = await build(fixture);
    const { steps } = fixture.expected;
    for (const [step, loss] of steps.losses.entries()) {
      const computed = await stepper.compute(step);
      expect(relativeError([computed.loss], [loss]), `loss ${step}`).toBeLessThan(TOLERANCE);
      if (step === 0) expectFirstStep(stepper, model, fixture.expected);
      stepper.update(computed);
    }
    expect(steps.losses).toHaveLength(6);
    for (const { name, weights } of model.parameters) {
      expectClose(`${name} after six steps`, weights, steps.parameters_after[name] as Numbers);
    }
    for (const [name, numbers] of Object.entries(steps.states)) {
      expectClose(name, model.running.get(name) as Float32Array, numbers);
    }
    await stepper.release();
  });
});
