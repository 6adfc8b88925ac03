/** @file What is wrong with a trace that was measured elsewhere, beyond the types of its fields. */
import { tensorMetrics } from '../statistics/index.ts';

interface GivenProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix: string;
}

interface Given {
  readonly layers: readonly { readonly name: string }[];
  readonly series: readonly {
    readonly layer: string | null;
    readonly tensor: string | null;
    readonly metric: string;
    readonly steps: readonly number[];
  }[];
  readonly losses: readonly unknown[];
  readonly gradient_norms: readonly unknown[];
  readonly unit_passes: readonly {
    readonly step: number;
    readonly layer: string;
    readonly units: number;
    readonly dead_units: number | null;
    readonly saturated_units: number | null;
  }[];
  readonly class_counts: readonly number[] | null;
  readonly class_recall: readonly number[] | null;
}

/** Metrics of the run as a whole, as the statistics of a job name them. */
const runMetrics = [
  'loss',
  'accuracy',
  'validation_loss',
  'validation_accuracy',
  'learning_rate',
  'gradient_global_norm',
  'clipped_fraction',
  'sharpness',
  'gradient_signal_to_noise',
];

const layerMetrics: readonly string[] = [
  ...tensorMetrics,
  'dead_unit_fraction',
  'saturated_fraction',
  'effective_rank',
  'ratio_to_weight',
  'first_to_largest_ratio',
  'first_to_last_ratio',
];

const TENSOR =
  /^(output|output_gradient|state_gradient|([a-z0-9_]+\/)*([a-z]+_)?(kernel|bias|gamma|beta|slope|table|token)(\.gradient|\.update)?)$/;
const TENSORS = 'output, output_gradient, state_gradient, kernel, kernel.gradient, kernel.update, bias, …';

/** After so many the rest is most likely the same mistake again. */
const MAX_PROBLEMS = 10;

const problem = (path: readonly (string | number)[], message: string, fix: string): GivenProblem => ({
  path,
  message,
  fix,
});

function namesTwice({ layers }: Given): GivenProblem[] {
  const seen = new Set<string>();
  return layers.flatMap(({ name }, i) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [problem(['layers', i, 'name'], `two layers are named "${name}"`, 'give each a name of its own')];
  });
}

function ofSteps(steps: readonly number[], most: number, path: readonly (string | number)[]): GivenProblem[] {
  const late = steps.findIndex((step, i) => i > 0 && step <= (steps[i - 1] as number));
  if (late !== -1) {
    const message = `step ${steps[late]} comes after step ${steps[late - 1]}`;
    return [problem([...path, late], message, 'give every step once, in ascending order')];
  }
  const beyond = steps.findIndex((step) => step > most);
  if (beyond === -1) return [];
  const message = `step ${steps[beyond]} is beyond the ${most} losses`;
  return [problem([...path, beyond], message, 'give the loss of every step, or leave this value out')];
}

type GivenSeries = Given['series'][number];

/** What a series says it is of. */
function ofNames({ layer, tensor, metric }: GivenSeries, names: ReadonlySet<string>): GivenProblem | null {
  if (layer !== null && !names.has(layer))
    return problem(['layer'], `there is no layer "${layer}"`, 'name one of `layers`, or null for the run');
  if (layer === null && tensor !== null)
    return problem(['tensor'], 'a series of the run has no tensor', 'set it to null, or name a layer');
  if (layer !== null && (tensor === null || !TENSOR.test(tensor)))
    return problem(['tensor'], `a layer has no tensor "${tensor}"`, `one of ${TENSORS}`);
  const known = layer === null ? runMetrics : layerMetrics;
  if (known.includes(metric)) return null;
  return problem(['metric'], `there is no metric "${metric}" here`, `one of ${known.join(', ')}`);
}

function ofSeries({ layers, series, losses }: Given): GivenProblem[] {
  const names = new Set(layers.map(({ name }) => name));
  const seen = new Set<string>();
  return series.flatMap((one, i) => {
    const path = ['series', i];
    const wrong = ofNames(one, names);
    if (wrong !== null) return [{ ...wrong, path: [...path, ...wrong.path] }];
    const key = JSON.stringify([one.layer, one.tensor, one.metric]);
    if (seen.has(key)) return [problem(path, 'the same series was given before', 'give it once')];
    seen.add(key);
    return ofSteps(one.steps, losses.length, [...path, 'steps']);
  });
}

function ofUnits({ layers, unit_passes, losses }: Given): GivenProblem[] {
  const names = new Set(layers.map(({ name }) => name));
  return unit_passes.flatMap(({ layer, units, step, dead_units, saturated_units }, i) => {
    const path = ['unit_passes', i];
    if (!names.has(layer)) {
      return [problem([...path, 'layer'], `there is no layer "${layer}"`, 'name one of `layers`')];
    }
    const most = Math.max(dead_units ?? 0, saturated_units ?? 0);
    if (most > units) {
      const which = (dead_units ?? 0) > units ? 'dead_units' : 'saturated_units';
      return [problem([...path, which], `is ${most} of ${units} units`, 'count units, not samples')];
    }
    if (step <= losses.length) return [];
    const message = `step ${step} is beyond the ${losses.length} losses`;
    return [problem([...path, 'step'], message, 'give the loss of every step, or leave this pass out')];
  });
}

function ofLengths({ losses, gradient_norms: norms, class_counts, class_recall }: Given): GivenProblem[] {
  const found: GivenProblem[] = [];
  if (norms.length > 0 && norms.length !== losses.length) {
    const message = `has ${norms.length} numbers for ${losses.length} losses`;
    found.push(problem(['gradient_norms'], message, 'give one for every step, or none'));
  }
  if (class_counts !== null && class_recall !== null && class_counts.length !== class_recall.length) {
    const message = `has ${class_recall.length} classes, class_counts has ${class_counts.length}`;
    found.push(problem(['class_recall'], message, 'give one number for every class in both'));
  }
  return found;
}

/** Nothing that is measured of a layer that is not there, or at a step that was not made, can mean anything. */
export const givenProblems = (given: Given): GivenProblem[] =>
  [...namesTwice(given), ...ofLengths(given), ...ofSeries(given), ...ofUnits(given)].slice(0, MAX_PROBLEMS);
