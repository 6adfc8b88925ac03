/** @file Whether the last activation gives what the loss takes: logits, probabilities, or values in the targets' range. */
import { type Activation, type Loss, outputEnds, outputLayers, type PlacedLayer } from '../network/index.ts';
import { placedLayers, planExperiment, resolveLoss } from './plan.ts';
import type { Experiment } from './schema.ts';

export interface LossMismatch {
  /** In one word, for evidence. */
  readonly what: string;
  readonly severity: 'critical' | 'warning';
  readonly message: string;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

const UNBOUNDED: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
/** Beyond this a curve is taken to have no bound. */
const LARGE = 1e3;

/** Smallest and largest output, from samples of the curve; softmax has no curve of its own and lies in [0, 1]. */
function rangeOf(activation: Activation | null): Range {
  if (activation === null) return UNBOUNDED;
  const { curve } = activation;
  if (curve === null) return { low: 0, high: 1 };
  const points = [-1e4, 1e4, ...Array.from({ length: 2001 }, (_, i) => i / 20 - 50)].map((x) => curve(x).v);
  const low = points.reduce((least, v) => Math.min(least, v));
  const high = points.reduce((most, v) => Math.max(most, v));
  return {
    low: low < -LARGE ? Number.NEGATIVE_INFINITY : low,
    high: high > LARGE ? Number.POSITIVE_INFINITY : high,
  };
}

/** At most 1. */
const percent = (fraction: number): string => `${Number((100 * fraction).toPrecision(3))} %`;
const short = (value: number): string => String(Number(value.toPrecision(2)));

/** Behind "gives". */
function rangeWords({ low, high }: Range): string {
  if (high === Number.POSITIVE_INFINITY) return `no number below ${short(low)}`;
  if (low === Number.NEGATIVE_INFINITY) return `no number above ${short(high)}`;
  return `only numbers between ${short(low)} and ${short(high)}`;
}

const isUnbounded = ({ low, high }: Range): boolean =>
  low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY;

/** What a sigmoid, or a softmax over so many units, makes of numbers that a bound holds. */
function whatBoundsCost(range: Range, units: number): string {
  const { low, high } = range;
  const sigmoid = (x: number) => percent(1 / (1 + Math.exp(-x)));
  if (units === 1) return `so that the probability lies between ${sigmoid(low)} and ${sigmoid(high)}`;
  const most = 1 / (1 + (units - 1) * Math.exp(low - high));
  if (high - low < Number.POSITIVE_INFINITY) return `so that no class gets more than ${percent(most)}`;
  return 'so that a class at the bound is no longer moved, and several classes there look alike';
}

function forLogits(name: string, range: Range, units: number): LossMismatch | null {
  if (isUnbounded(range)) return null;
  const message =
    `the loss takes logits, any numbers, but ${name} gives ${rangeWords(range)}, ${whatBoundsCost(range, units)}. ` +
    'End with a linear layer';
  return { what: `${name}_before_logits_loss`, severity: 'warning', message };
}

/** An activation before the one that makes probabilities: that one takes any numbers, as a loss on logits does. */
function beforeProbabilities([outer, inner]: readonly Activation[], units: number): LossMismatch | null {
  const isOfLogits = outer !== undefined && ['softmax', 'sigmoid'].includes(outer.name);
  if (inner === undefined || !isOfLogits || inner.name === 'linear') return null;
  const range = rangeOf(inner);
  if (isUnbounded(range)) return null;
  const parts = outer.name === 'softmax' ? units : 1;
  return {
    what: `${inner.name}_before_${outer.name}`,
    severity: 'warning',
    message:
      `${outer.name} takes any numbers, but ${inner.name} before it gives ${rangeWords(range)}, ${whatBoundsCost(range, parts)}. ` +
      `Leave ${inner.name} out`,
  };
}

function forProbabilities(name: string, { low, high }: Range, classes: boolean): LossMismatch | null {
  const fits = classes ? name === 'softmax' : low >= 0 && high <= 1;
  if (fits) return null;
  const wanted = classes ? 'softmax' : 'sigmoid';
  const given = name === 'linear' ? 'is linear, and gives any numbers' : `gives the output of ${name}`;
  const message = `the loss takes probabilities, but the last layer ${given}. End with ${wanted}, or use the loss on logits`;
  return {
    what: `${name}_before_probability_loss`,
    severity: low >= 0 && high <= 1 ? 'warning' : 'critical',
    message,
  };
}

function forValues(
  name: string,
  range: Range,
  targets: readonly [number, number] | null,
  fitting: string,
): LossMismatch | null {
  const { low, high } = range;
  if (targets === null || (targets[0] >= low && targets[1] <= high)) return null;
  const message =
    `targets lie between ${targets[0].toPrecision(3)} and ${targets[1].toPrecision(3)}, but ${name} gives ` +
    `${rangeWords(range)}. End with ${fitting}`;
  const none = targets[1] < low || targets[0] > high;
  return { what: `targets_outside_${name}`, severity: none ? 'critical' : 'warning', message };
}

/** The activations of the layer that gives the prediction, and of the one behind it: last first, those that are there. */
function outputActivations(experiment: Experiment, end?: PlacedLayer): Activation[] {
  const { layers } = planExperiment(experiment);
  return outputLayers(placedLayers(experiment), end).flatMap(
    ({ name }) => layers.find((layer) => layer.name === name)?.activation ?? [],
  );
}

const softmaxOfOne: LossMismatch = {
  what: 'softmax_of_one_unit',
  severity: 'critical',
  message:
    'softmax divides by the sum over the units, and there is one: it gives 1, whatever comes in, and no gradient. End with sigmoid for ' +
    'two classes, or with one unit per class',
};

/** Smallest and largest number that the network can give, or the output of it that ends in `end`. */
export function outputRange(experiment: Experiment, end?: PlacedLayer): Range & { readonly name: string } {
  const activation = outputActivations(experiment, end)[0] ?? null;
  const name = activation?.name ?? 'linear';
  return { name, ...(name === 'linear' ? UNBOUNDED : rangeOf(activation)) };
}

/** On the axis of features: of channels in images. */
export function outputUnits(experiment: Experiment): number {
  const { output_shape } = planExperiment(experiment);
  return (output_shape.length === 3 ? output_shape[0] : output_shape.at(-1)) ?? 1;
}

/** Of several outputs the first that does not fit its own loss. */
function ofParts(experiment: Experiment, { parts }: Loss): LossMismatch | null {
  const ends = outputEnds(placedLayers(experiment));
  for (const [i, { loss, shape }] of (parts ?? []).entries()) {
    const end = ends[i];
    const found =
      end === undefined ? null : mismatchOf(experiment, { loss, units: shape.at(-1) ?? 1, end }, null);
    if (found !== null) return { ...found, message: `of the output "${end?.name}": ${found.message}` };
  }
  return null;
}

/**
 * @param targets smallest and largest target of the training split, where they are values
 * @returns null where they fit
 */
export function lossMismatch(
  experiment: Experiment,
  targets: readonly [number, number] | null,
): LossMismatch | null {
  const loss = resolveLoss(experiment);
  if (loss.parts !== null) return ofParts(experiment, loss);
  return mismatchOf(experiment, { loss, units: outputUnits(experiment) }, targets);
}

interface JudgedOutput {
  readonly loss: Loss;
  readonly units: number;
  /** The layer that it ends in; by default the network's only one. */
  readonly end?: PlacedLayer;
}

function mismatchOf(
  experiment: Experiment,
  { loss, units, end }: JudgedOutput,
  targets: readonly [number, number] | null,
): LossMismatch | null {
  const { name, ...range } = outputRange(experiment, end);
  if (name === 'softmax' && units === 1) return softmaxOfOne;
  if (loss.output === 'logits') return forLogits(name, range, loss.summed ? units : 1);
  const bounded = beforeProbabilities(outputActivations(experiment, end), units);
  if (loss.output === 'probabilities') return forProbabilities(name, range, loss.summed) ?? bounded;
  if (bounded !== null) return bounded;
  return forValues(name, range, targets, loss.positive ? 'softplus' : 'a linear layer');
}
