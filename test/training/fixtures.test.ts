/** @file The engine against PyTorch: layer outputs, loss, gradients, and six optimizer steps of every fixture. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadData } from '../../src/data/index.ts';
import { inputsOf, parseExperiment, placedLayers, resolveLoss } from '../../src/experiment/index.ts';
import { compileTraining, names } from '../../src/training/compile.ts';
import { Evaluator } from '../../src/training/evaluator.ts';
import { createModel, type Model } from '../../src/training/model.ts';
import { createArena, Stepper } from '../../src/training/step.ts';
import { codeTargets } from '../../src/training/targets.ts';

interface Numbers {
  readonly shape: readonly number[];
  /** `"Infinity"` and the like stand for what JSON lacks. */
  readonly data: readonly (number | string)[];
}

type Tensors = Readonly<Record<string, Numbers>>;

interface Fixture {
  readonly experiment: unknown;
  readonly parameters: Tensors;
  readonly zero_gradients: readonly string[];
  readonly expected: {
    readonly output: Numbers;
    readonly loss: number | string;
    readonly layer_outputs: Tensors;
    readonly output_gradients?: Tensors;
    readonly gradients?: Tensors;
    readonly diverged_at_step?: number;
    readonly steps: {
      readonly losses: readonly (number | string)[];
      readonly parameters_after?: Tensors;
      readonly states?: Tensors;
      readonly inference_output?: Numbers;
    };
  };
}

const folder = new URL('../reference/fixtures/', import.meta.url);

/** See test/reference/README.md. */
const TOLERANCE = 1e-4;
const SMALLEST_NORMAL = 1.2e-38;
const ZERO_GRADIENT = 1e-6;

const isSame = (a: number, b: number, limit: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= limit;

const largestOf = (numbers: readonly number[]): number =>
  numbers.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);

function expectClose(what: string, actual: ArrayLike<number>, expected: readonly (number | string)[]): void {
  const numbers = expected.map(Number);
  const limit = TOLERANCE * largestOf(numbers) + SMALLEST_NORMAL;
  expect(actual.length, what).toBe(numbers.length);
  const wrong = numbers.findIndex((value, i) => !isSame(actual[i] as number, value, limit));
  if (wrong !== -1) expect(actual[wrong], `${what}, element ${wrong}, within ${limit}`).toBe(numbers[wrong]);
}

function expectZero(what: string, actual: ArrayLike<number>, limit: number): void {
  expect(largestOf(Array.from(actual)), what).toBeLessThanOrEqual(limit);
}

async function build(fixture: Fixture) {
  const parsed = parseExperiment(fixture.experiment);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment, plan } = parsed.value;
  const loss = resolveLoss(experiment);
  const classWeights = experiment.training.class_weights as number[] | null;
  const options = {
    layers: placedLayers(experiment),
    inputs: inputsOf(experiment),
    batchSize: plan.batch_size,
    loss,
    weighted: classWeights !== null,
    regularization: experiment.training.regularization,
  };
  const compiled = compileTraining(options);
  const arena = createArena(compiled, experiment);
  const model = createModel(compiled.parameters, compiled.running, 0, arena);
  expect(model.parameters.map(({ name }) => name).sort()).toEqual(Object.keys(fixture.parameters).sort());
  for (const { name, weights, shape } of model.parameters) {
    expect(shape, name).toEqual(fixture.parameters[name]?.shape);
    weights.set((fixture.parameters[name]?.data ?? []).map(Number));
  }
  const data = loadData(experiment.data, 0, inputsOf(experiment));
  const coding = codeTargets(loss, plan.output_shape, classWeights === null ? null : [classWeights]);
  const common = { experiment, compiled, model, arena, data, coding, seed: 0 };
  const stepper = await Stepper.create({ ...common, batchSize: plan.batch_size, steps: plan.steps });
  const evaluator = await Evaluator.create(options, model, coding, data);
  return { stepper, evaluator, model, data };
}

/** Outputs and gradients of every layer, and the gradient of every parameter. */
function expectFirstStep(stepper: Stepper, model: Model, { expected, zero_gradients }: Fixture): void {
  expectClose('output', stepper.output(names.prediction), expected.output.data);
  for (const [layer, { data }] of Object.entries(expected.layer_outputs)) {
    expectClose(layer, stepper.output(names.output(layer)), data);
  }
  const gradients = { ...expected.output_gradients, ...expected.gradients };
  const largest = Math.max(...Object.values(gradients).map(({ data }) => largestOf(data.map(Number))));
  const found = new Map([
    ...Object.keys(expected.output_gradients ?? {}).map(
      (layer) => [layer, stepper.output(names.outputGradient(layer))] as const,
    ),
    ...model.parameters.map(({ name, gradient }) => [name, gradient] as const),
  ]);
  for (const [name, { data }] of Object.entries(gradients)) {
    const actual = found.get(name) as Float32Array;
    if (zero_gradients.includes(name)) expectZero(`∂ ${name}`, actual, ZERO_GRADIENT * largest);
    else expectClose(`∂ ${name}`, actual, data);
  }
}

/** Losses before each of the six steps, up to the one at which it diverges. */
async function expectSteps(stepper: Stepper, model: Model, fixture: Fixture): Promise<void> {
  const { steps, diverged_at_step } = fixture.expected;
  for (const [step, loss] of steps.losses.entries()) {
    const computed = await stepper.compute(step, step === 0);
    expectClose(`loss ${step}`, [computed.loss], [loss]);
    if (step === 0) expectFirstStep(stepper, model, fixture);
    if (step !== diverged_at_step) stepper.update(computed);
  }
  expect(steps.losses).toHaveLength(diverged_at_step === undefined ? 6 : diverged_at_step + 1);
}

function expectEnd(model: Model, { expected: { steps } }: Fixture): void {
  const weights = new Map(model.parameters.map((parameter) => [parameter.name, parameter.weights]));
  for (const [name, { data }] of Object.entries(steps.parameters_after ?? {})) {
    expectClose(`${name} after six steps`, weights.get(name) as Float32Array, data);
  }
  for (const [name, { data }] of Object.entries(steps.states ?? {})) {
    expectClose(name, model.running.get(name) as Float32Array, data);
  }
}

describe('PyTorch fixtures', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

  it('are there', () => expect(files.length).toBeGreaterThan(400));

  it.each(files)('%s', async (file) => {
    const fixture = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture;
    const { stepper, evaluator, model, data } = await build(fixture);
    await expectSteps(stepper, model, fixture);
    expectEnd(model, fixture);
    const { inference_output } = fixture.expected.steps;
    if (inference_output !== undefined) {
      expectClose('inference', await evaluator.predict(data.training), inference_output.data);
    }
    await stepper.release();
    await evaluator.release();
  });
});
