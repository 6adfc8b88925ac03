/** @file What is wrong with a trace that was measured elsewhere, beyond the types of its fields. */
import { signedMetrics, tensorMetrics } from '../statistics/index.ts';
import { contradictionsOf } from './given_contradictions.ts';

export interface GivenProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix: string;
}

interface Given {
  readonly layers: readonly { readonly name: string; readonly output_shape: readonly number[] }[];
  readonly series: readonly {
    readonly layer: string | null;
    readonly tensor: string | null;
    readonly metric: string;
    readonly steps: readonly number[];
    readonly values: readonly (number | null)[];
  }[];
  readonly losses: readonly unknown[];
  readonly gradient_norms: readonly (number | null)[];
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

/** Metrics that only one kind of tensor has, by the end of its name. */
const ofOneTensor: Readonly<Record<string, string>> = {
  dead_unit_fraction: 'output',
  saturated_fraction: 'output',
  effective_rank: 'output',
  ratio_to_weight: '.update',
  first_to_largest_ratio: 'state_gradient',
  first_to_last_ratio: 'state_gradient',
};
const layerMetrics: readonly string[] = [...tensorMetrics, ...Object.keys(ofOneTensor)];

/** Metrics that can be any number. The others are sizes and counts, which are never below 0. */
const SIGNED = new Set([
  ...signedMetrics,
  'loss',
  'validation_loss',
  'sharpness',
  'gradient_signal_to_noise',
]);
const isFraction = (metric: string): boolean =>
  metric.endsWith('_fraction') || metric.endsWith('accuracy') || metric === 'first_to_largest_ratio';
/** A fraction that was computed in float32 may be above 1 by its rounding. */
const ROUNDING = 1e-5;
/**
 * Measured on 300 matrices of 64 rows, against float64: a rank that is computed in float32 lies below 1 by 1e-6 at most, in bfloat16 by
 * 8e-3; a logger of two decimals adds 5e-3 to the first.
 */
const RANK_ROUNDING = 1e-2;

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

/** Of metrics that are fine by themselves. */
const ofContradictions = ({ series }: Given): GivenProblem[] =>
  contradictionsOf(series).map(({ series: place, index, message, fix }) =>
    problem(['series', place, 'values', index], message, fix),
  );

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
  const only = ofOneTensor[metric];
  if (layer !== null && only !== undefined && !tensor?.endsWith(only)) {
    const which = only.startsWith('.') ? `an update, as kernel${only}` : only;
    return problem(['metric'], `${tensor} has no ${metric}`, `it is measured of ${which}`);
  }
  if (known.includes(metric)) return null;
  return problem(['metric'], `there is no metric "${metric}" here`, `one of ${known.join(', ')}`);
}

/** Of so many numbers a rank is 1 at least, and no more than their count. */
function ofRanks(
  { metric, values }: GivenSeries,
  most: number,
  path: readonly (string | number)[],
): GivenProblem[] {
  if (metric !== 'effective_rank') return [];
  const wrong = values.findIndex(
    (value) => value !== null && (value < 1 - RANK_ROUNDING || value > most + RANK_ROUNDING),
  );
  if (wrong === -1) return [];
  const message = `is ${values[wrong]}: the effective rank of ${most} numbers lies between 1 and ${most}`;
  return [problem([...path, 'values', wrong], message, 'send it as it was measured')];
}

/** @param most the largest that it can be */
function ofValues(
  values: readonly (number | null)[],
  metric: string,
  most: number,
  path: readonly (string | number)[],
): GivenProblem[] {
  const wrong = values.findIndex((value) => value !== null && (value < 0 || value > most + ROUNDING));
  if (wrong === -1) return [];
  const range = most === 1 ? 'lies between 0 and 1' : 'is never below 0';
  return [problem([...path, wrong], `is ${values[wrong]}: ${metric} ${range}`, 'send it as it was measured')];
}

const sizesOf = ({ layers }: Given): Map<string, number> =>
  new Map(
    layers.map(({ name, output_shape: shape }) => [
      name,
      shape.reduce((product, length) => product * length, 1),
    ]),
  );

function ofSeries(given: Given): GivenProblem[] {
  const { series, losses } = given;
  const sizes = sizesOf(given);
  const names = new Set(sizes.keys());
  const seen = new Set<string>();
  return series.flatMap((one, i) => {
    const path = ['series', i];
    const wrong = ofNames(one, names);
    if (wrong !== null) return [{ ...wrong, path: [...path, ...wrong.path] }];
    const key = JSON.stringify([one.layer, one.tensor, one.metric]);
    if (seen.has(key)) return [problem(path, 'the same series was given before', 'give it once')];
    seen.add(key);
    const most = isFraction(one.metric) ? 1 : Number.POSITIVE_INFINITY;
    return [
      ...ofSteps(one.steps, losses.length, [...path, 'steps']),
      ...ofRanks(one, sizes.get(one.layer ?? '') ?? 1, path),
      ...(SIGNED.has(one.metric) ? [] : ofValues(one.values, one.metric, most, [...path, 'values'])),
    ];
  });
}

type GivenPass = Given['unit_passes'][number];

/** What contradicts the layer, or the pass over it before. */
function ofCounts(pass: GivenPass, size: number, earlier: GivenPass | undefined): GivenProblem | null {
  const { layer, units, step, dead_units, saturated_units } = pass;
  const notSamples = 'count units, not samples';
  if (units > size)
    return problem(['units'], `is ${units}, but ${layer} gives ${size} numbers a sample`, notSamples);
  if (earlier !== undefined && earlier.units !== units) {
    const message = `is ${units}, and was ${earlier.units} at step ${earlier.step}`;
    return problem(['units'], message, 'give the number of units of the layer, dead or not');
  }
  if (earlier !== undefined && earlier.step > step)
    return problem(
      ['step'],
      `step ${step} comes after step ${earlier.step}`,
      'give the passes in their order',
    );
  const most = Math.max(dead_units ?? 0, saturated_units ?? 0);
  if (most <= units) return null;
  const which = (dead_units ?? 0) > units ? 'dead_units' : 'saturated_units';
  return problem([which], `is ${most} of ${units} units`, notSamples);
}

function ofUnits(given: Given): GivenProblem[] {
  const { unit_passes, losses } = given;
  const sizes = sizesOf(given);
  const before = new Map<string, GivenPass>();
  return unit_passes.flatMap((pass, i) => {
    const { layer, step } = pass;
    const path = ['unit_passes', i];
    const size = sizes.get(layer);
    if (size === undefined)
      return [problem([...path, 'layer'], `there is no layer "${layer}"`, 'name one of `layers`')];
    const wrong = ofCounts(pass, size, before.get(layer));
    before.set(layer, pass);
    if (wrong !== null) return [{ ...wrong, path: [...path, ...wrong.path] }];
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
  found.push(...ofValues(norms, 'a norm', Number.POSITIVE_INFINITY, ['gradient_norms']));
  if (class_counts !== null && class_recall !== null && class_counts.length !== class_recall.length) {
    const message = `has ${class_recall.length} classes, class_counts has ${class_counts.length}`;
    found.push(problem(['class_recall'], message, 'give one number for every class in both'));
  }
  return found;
}

/** Nothing that is measured of a layer that is not there, or at a step that was not made, can mean anything. */
export function givenProblems(given: Given): GivenProblem[] {
  const single = [...namesTwice(given), ...ofLengths(given), ...ofSeries(given), ...ofUnits(given)];
  return (single.length > 0 ? single : ofContradictions(given)).slice(0, MAX_PROBLEMS);
}

interface GivenSeed {
  readonly seed: number;
  readonly layers: readonly { readonly name: string }[];
}

/** Several traces are one training on several seeds. */
export function problemsOfSeeds(traces: readonly GivenSeed[]): GivenProblem[] {
  const namesOf = ({ layers }: GivenSeed) => JSON.stringify(layers.map(({ name }) => name));
  const [first] = traces;
  return traces.flatMap((trace, i) => {
    if (first !== undefined && namesOf(trace) !== namesOf(first)) {
      const message = 'its layers are not those of the first trace';
      return [
        problem([i, 'layers'], message, 'send traces of one network; others in a request of their own'),
      ];
    }
    if (traces.findIndex(({ seed }) => seed === trace.seed) === i) return [];
    const message = `two traces are of seed ${trace.seed}`;
    return [problem([i, 'seed'], message, 'give each the seed it was trained with')];
  });
}
