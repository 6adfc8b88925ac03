/** @file Random networks: the compiled training step on ONNX Runtime against the float64 evaluator and its differences. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadData } from '../../src/data/index.ts';
import { inputsOf, resolveLoss } from '../../src/experiment/index.ts';
import { compileTraining, names } from '../../src/training/compile.ts';
import { createModel } from '../../src/training/model.ts';
import { createArena, Stepper } from '../../src/training/step.ts';
import { codeTargets } from '../../src/training/targets.ts';
import { evaluate } from '../reference/evaluate.ts';
import { type Draft, drafts, experimentOf, graphOf, optionsOf, outputsOf, parse } from './networks.ts';

type Config = Readonly<Record<string, unknown>>;
type Feeds = ReadonlyMap<string, Float64Array>;

/** One training step, with all that it read and wrote. */
async function step(request: Config, seed: number) {
  const { experiment, plan } = parse(request);
  const compiled = compileTraining(optionsOf(experiment, plan.batch_size));
  const arena = createArena(compiled, experiment);
  const model = createModel(compiled.parameters, compiled.running, seed, arena);
  // Biases, slopes and scales start at constants: moved a little, so that symmetric mistakes show.
  for (const { weights } of model.parameters) {
    for (let i = 0; i < weights.length; i++) weights[i] = (weights[i] as number) + 0.1 * Math.sin(i + 1);
  }
  const data = loadData(experiment.data, seed, inputsOf(experiment));
  const coding = codeTargets(resolveLoss(experiment), plan.output_shape);
  const stepper = await Stepper.create({
    ...{ experiment, compiled, model, arena, data, coding, seed },
    batchSize: plan.batch_size,
    steps: 1,
  });
  const bits = (loss: number) => [loss, ...model.gradient];
  const unprobed = bits((await stepper.compute(0)).loss);
  const probed = bits((await stepper.compute(0, true)).loss);
  const feeds: Feeds = new Map(
    compiled.graph.inputs.map(({ name }) => [name, Float64Array.from(stepper.input(name))]),
  );
  const measured = new Map(
    compiled.graph.outputs.map(({ name }) => [name, Float64Array.from(stepper.output(name))]),
  );
  await stepper.release();
  return { compiled, feeds, measured, unprobed, probed };
}

const largest = (values: Iterable<number>) => {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
};

/** In parts of the largest element of the tensor; gradients that cancel to 0 also in parts of the largest gradient. */
const TOLERANCE = 1e-4;
const CANCELLED = 1e-5;

function expectClose(what: string, actual: Float64Array, expected: Float64Array, limit: number): void {
  expect(actual.length, what).toBe(expected.length);
  const gap = largest(actual.map((value, i) => value - (expected[i] as number)));
  expect(gap, what).toBeLessThanOrEqual(limit);
}

/** All parameters, moved by `distance` along `direction`. */
const moved = (feeds: Feeds, direction: Feeds, distance: number): Feeds =>
  new Map(
    [...feeds].map(([name, values]) => {
      const along = direction.get(name);
      return [name, along === undefined ? values : values.map((x, i) => x + distance * (along[i] as number))];
    }),
  );

/**
 * dL/dt along the direction, by five points; null where a kink is within reach: a smaller step gives another slope, or the
 * slopes on both sides differ by as much for a smaller step (a kink at the point itself, such as a tie of two inputs of
 * `maximum`, of which central differences would see the mean).
 */
function slopeAlong(lossAt: (distance: number) => number): number | null {
  const stencil = (h: number) => (8 * (lossAt(h) - lossAt(-h)) - (lossAt(2 * h) - lossAt(-2 * h))) / (12 * h);
  const bend = (h: number) => Math.abs(lossAt(h) + lossAt(-h) - 2 * lossAt(0)) / h;
  const [wide, narrow] = [stencil(1e-3), stencil(2e-4)];
  const isSmooth = bend(2e-4) <= bend(1e-3) / 2 + 1e-7 * (1 + Math.abs(narrow));
  return isSmooth && Math.abs(wide - narrow) <= 1e-7 * (1 + Math.abs(narrow)) ? narrow : null;
}

test.each([
  ['chains', experimentOf, 120],
  ['graphs with merges', graphOf, 60],
  ['networks with several outputs', outputsOf, 40],
] as const)('loss, outputs and gradients of random %s', async (_what, requestOf, runs) => {
  const count = { checked: 0, kinks: 0, layers: 0 };
  const check = async (draft: Draft) => {
    const request = requestOf(draft);
    const { compiled, feeds, measured, unprobed, probed } = await step(request, draft.seed);
    expect(probed, 'the bits of a step do not depend on what is fetched').toEqual(unprobed);
    const exact = evaluate(compiled.graph, feeds);
    const gradients = compiled.parameters.map(({ name }) => exact.get(names.gradient(name)) as Float64Array);
    const scale = largest(gradients.map(largest));
    for (const [name, expected] of exact) {
      const limit = TOLERANCE * largest(expected) + (name.startsWith('gradient') ? CANCELLED * scale : 1e-6);
      expectClose(name, measured.get(name) as Float64Array, expected, limit);
    }
    const norm = Math.hypot(...gradients.flatMap((gradient) => [...gradient]));
    const direction: Feeds = new Map(
      compiled.parameters.map(({ name }, i) => [name, (gradients[i] as Float64Array).map((g) => g / norm)]),
    );
    count.layers += compiled.layers.length;
    const slope = slopeAlong(
      (distance) =>
        evaluate(compiled.graph, moved(feeds, direction, distance), [names.loss]).get(
          names.loss,
        )?.[0] as number,
    );
    count[slope === null ? 'kinks' : 'checked']++;
    if (slope !== null) expect(Math.abs(slope - norm)).toBeLessThanOrEqual(1e-6 * (1 + norm));
  };
  await fc.assert(fc.asyncProperty(drafts, check), { numRuns: Number(process.env.RUNS ?? runs) });
  // A test that skips much would show nothing.
  expect(count.kinks).toBeLessThan(count.checked / 4);
});
