/** @file Targets as the graph wants them: one-hot rows, class weights per position, accuracy, the constant loss. */
import { balancedWeights, type Split } from '../data/index.ts';
import type { Loss, LossPart } from '../network/index.ts';

export interface TargetCoding {
  readonly loss: Loss;
  /** Target positions of one sample whose outputs belong together: 1, or the time steps. */
  readonly positions: number;
  /** Outputs at each position (`classes`: one per class), or of the whole prediction of one sample. */
  readonly outputs: number;
  /** Features of the prediction, which is [features], [time, features] or [channels, height, width]. */
  readonly features: number;
  /** Outputs that follow each other and are of one feature: the positions of an image, else 1. */
  readonly run: number;
  /** Of the prediction, without the batch. */
  readonly shape: readonly number[];
  /** Of every class; of the 0 and the 1 of each feature where they have weights of their own. Null where classes have no weights. */
  readonly classWeights: readonly (readonly number[])[] | null;
}

/** @param outputShape of the prediction, without the batch */
export function codeTargets(
  loss: TargetCoding['loss'],
  outputShape: readonly number[],
  classWeights: TargetCoding['classWeights'] = null,
): TargetCoding {
  const size = outputShape.reduce((product, length) => product * length, 1);
  const outputs = loss.summed && !loss.whole ? (outputShape.at(-1) ?? 1) : size;
  const axis = outputShape.length >= 3 ? outputShape.length - 3 : outputShape.length - 1;
  const run = outputShape.slice(axis + 1).reduce((product, length) => product * length, 1);
  return {
    ...{ loss, positions: size / outputs, outputs, features: outputShape[axis] ?? 1, run, classWeights },
    shape: outputShape,
  };
}

/** Of which feature an output is. */
export const featureOf = (
  { run, features }: Pick<TargetCoding, 'run' | 'features'>,
  output: number,
): number => Math.floor(output / run) % features;

/** Whether the targets of a place differ from sample to sample: where they do not, there is nothing to be told apart. */
export function varyingPlaces({ targets, count }: Split): boolean[] {
  const places = targets.length / count;
  const varies = new Array<boolean>(places).fill(false);
  targets.forEach((target, i) => {
    if (target !== targets[i % places]) varies[i % places] = true;
  });
  return varies;
}

/** How often each feature is 0 and 1, masked time steps left out. */
function countLabels(
  { targets, count }: Split,
  mask: Float32Array | null,
  coding: Pick<TargetCoding, 'run' | 'features'>,
): number[][] {
  const places = targets.length / count;
  const counts = Array.from({ length: coding.features }, () => [0, 0]);
  targets.forEach((target, i) => {
    const own = counts[featureOf(coding, i % places)] as number[];
    own[target] = (own[target] as number) + keptAt(mask, count, Math.floor(i / places), i % places, places);
  });
  return counts;
}

/** `balanced` weighs by the training split; each of several labels by itself, since one may be common and another rare. */
export function resolveClassWeights(
  config: 'balanced' | readonly number[] | null,
  classCounts: readonly number[] | null,
  split: Split,
  mask: Float32Array | null,
  coding: Pick<TargetCoding, 'loss' | 'run' | 'features'>,
): TargetCoding['classWeights'] {
  if (config === null) return null;
  if (config !== 'balanced') return [config];
  if (coding.loss.target !== 'binary') return [balancedWeights(classCounts ?? [])];
  return countLabels(split, mask, coding).map(balancedWeights);
}

/** What a target weighs at this place of a sample. */
function weightOf(coding: TargetCoding, place: number, target: number): number {
  const { classWeights } = coding;
  const own = classWeights?.length === 1 ? classWeights[0] : classWeights?.[featureOf(coding, place)];
  return own?.[target] ?? 1;
}

/** Writes the targets of `indices` into `out`: one-hot for losses over classes, else as they are. */
export function fillTargets(
  out: Float32Array,
  split: Split,
  indices: Int32Array,
  { loss, positions, outputs }: TargetCoding,
): void {
  const { encode } = loss;
  if (encode !== null) {
    const given = split.targets.length / split.count;
    indices.forEach((index, row) => {
      encode(split.targets, index * given, out, row * positions * outputs);
    });
    return;
  }
  const oneHot = loss.target === 'classes';
  if (oneHot) out.fill(0);
  indices.forEach((index, row) => {
    if (oneHot) {
      for (let p = 0; p < positions; p++) {
        out[(row * positions + p) * outputs + (split.targets[index * positions + p] as number)] = 1;
      }
      return;
    }
    const size = positions * outputs;
    const { copies } = loss;
    const start = (index * size) / copies;
    for (let j = 0; j < size; j++)
      out[row * size + j] = split.targets[start + Math.floor(j / copies)] as number;
  });
}

/** Weight of each target position: of its class. Positions are samples (`classes`) or outputs (`binary`). */
export function fillWeights(
  out: Float32Array,
  split: Split,
  indices: Int32Array,
  coding: TargetCoding,
): void {
  const perSample = out.length / indices.length;
  indices.forEach((index, row) => {
    for (let j = 0; j < perSample; j++) {
      out[row * perSample + j] = weightOf(coding, j, split.targets[index * perSample + j] as number);
    }
  });
}

export function argmax(values: Float32Array, start: number, count: number): number {
  let best = 0;
  for (let j = 1; j < count; j++)
    if ((values[start + j] as number) > (values[start + best] as number)) best = j;
  return best;
}

/** Of predictions: how many are right, of how many. */
export interface Counted {
  readonly right: number;
  readonly total: number;
}

/** Null where there was nothing to count. */
export const accuracyOf = (counted: Counted | null): number | null =>
  counted === null || counted.total === 0 ? null : counted.right / counted.total;

/**
 * Where the mask [rows, time] has the position (or output) `at` of `count` in this row: 1 or 0; 1 without a mask. Time is the
 * first axis of what a sample has.
 */
export const keptAt = (
  mask: Float32Array | null,
  rows: number,
  row: number,
  at: number,
  count: number,
): number => {
  if (mask === null) return 1;
  const time = mask.length / rows;
  return mask[row * time + Math.floor((at * time) / count)] as number;
};

/** Whether there are answers that are right or wrong. */
export const hasAnswers = ({ target, parts }: Loss): boolean =>
  parts === null ? target !== 'values' : parts.some((part) => hasAnswers(part.loss));

/** How many answers of one output are right in a row of the prediction, which begins at `start`. */
function rightAt(
  { loss, shape, given, from, at }: LossPart,
  prediction: Float32Array,
  start: number,
  targets: ArrayLike<number>,
  first: number,
): number {
  const isClass = loss.target === 'classes';
  const units = isClass ? (shape.at(-1) ?? 1) : 1;
  const threshold = loss.output === 'logits' ? 0 : 0.5;
  let right = 0;
  for (let i = 0; i < given; i++) {
    const place = start + at + i * units;
    const target = targets[first + from + i] as number;
    const isRight = isClass
      ? argmax(prediction, place, units) === target
      : (prediction[place] as number) > threshold === target > 0.5;
    right += Number(isRight);
  }
  return right;
}

/** Of all outputs whose answers are right or wrong together; null where there are none. */
function countParts(
  prediction: Float32Array,
  { targets, count }: Split,
  indices: Int32Array,
  parts: readonly LossPart[],
): Counted | null {
  const answering = parts.filter(({ loss }) => hasAnswers(loss));
  if (answering.length === 0) return null;
  const outputs = parts.reduce((size, part) => size + part.size, 0);
  const given = targets.length / count;
  let [right, total] = [0, 0];
  indices.forEach((index, row) => {
    for (const part of answering) {
      right += rightAt(part, prediction, row * outputs, targets, index * given);
      total += part.given;
    }
  });
  return { right, total };
}

/**
 * How many predictions of the rows are right: largest output is the class, or output on the right side of 1/2
 * (logits: of 0), counted per position and output, masked time steps left out. Null for regression.
 * @param mask [rows, time] as the prediction has rows
 */
export function countRight(
  prediction: Float32Array,
  mask: Float32Array | null,
  split: Split,
  indices: Int32Array,
  coding: TargetCoding,
): Counted | null {
  const { loss, positions, outputs } = coding;
  if (loss.parts !== null) return countParts(prediction, split, indices, loss.parts);
  if (loss.target === 'values') return null;
  const rows = prediction.length / (positions * outputs);
  const isClass = loss.target === 'classes';
  const threshold = loss.output === 'logits' ? 0 : 0.5;
  const places = isClass ? positions : positions * outputs;
  let [right, total] = [0, 0];
  indices.forEach((index, row) => {
    for (let at = 0; at < places; at++) {
      const weight = keptAt(mask, rows, row, at, places);
      if (weight === 0) continue;
      const target = split.targets[index * places + at] as number;
      const isRight = isClass
        ? argmax(prediction, (row * positions + at) * outputs, outputs) === target
        : (prediction[row * places + at] as number) > threshold === target > 0.5;
      right += weight * Number(isRight);
      total += weight;
    }
  });
  return { right, total };
}

/** Masked time steps left out; null where the targets are no classes. */
export function countClasses(
  split: Split,
  mask: Float32Array,
  counts: readonly number[] | null,
): readonly number[] | null {
  if (counts === null) return null;
  const found = new Array<number>(counts.length).fill(0);
  const places = split.targets.length / split.count;
  split.targets.forEach((target, i) => {
    const kept = keptAt(mask, split.count, Math.floor(i / places), i % places, places);
    found[target] = (found[target] as number) + kept;
  });
  return found;
}

type Column = (
  values: readonly number[],
  weights: readonly number[],
  outputs: number,
  copy: number,
) => number;

/**
 * Mean over outputs of a function of each output's targets and their weights, which sum to 1; the outputs weighted as their
 * targets are.
 * @param mask [samples, time]: what it leaves out has no weight
 */
function overColumns(split: Split, coding: TargetCoding, mask: Float32Array | null, of: Column): number {
  const { loss, positions, outputs } = coding;
  const isClass = loss.target === 'classes';
  const columns = isClass ? positions : positions * outputs;
  const stored = columns / loss.copies;
  const terms = !isClass && loss.summed ? outputs : 1;
  let [sum, all] = [0, 0];
  for (let j = 0; j < columns; j++) {
    const at = Math.floor(j / loss.copies);
    const column = Array.from({ length: split.count }, (_, i) => split.targets[i * stored + at] as number);
    const weights = column.map(
      (value, i) => weightOf(coding, j, value) * keptAt(mask, split.count, i, j, columns),
    );
    const total = weights.reduce((a, b) => a + b, 0);
    if (total === 0) continue;
    const own = of(
      column,
      weights.map((weight) => weight / total),
      outputs,
      j % loss.copies,
    );
    sum += own * total;
    all += total;
  }
  return all === 0 ? 0 : (sum * terms) / all;
}

/** The targets of each sample. */
function rowsOf({ targets, count }: Split): Float32Array[] {
  const size = targets.length / count;
  return Array.from({ length: count }, (_, i) => targets.subarray(i * size, (i + 1) * size));
}

/** The loss of the best prediction that ignores the input, on this split. */
export function constantLoss(split: Split, coding: TargetCoding, mask: Float32Array | null): number {
  const { loss, shape } = coding;
  if (loss.wholeConstant === null) return overColumns(split, coding, mask, loss.constant);
  return loss.wholeConstant(rowsOf(split), shape);
}

/** The loss of a prediction that equals the targets: 0 but for soft ones. */
export const leastLoss = (split: Split, coding: TargetCoding, mask: Float32Array | null): number =>
  coding.loss.wholeLeast?.(rowsOf(split)) ?? overColumns(split, coding, mask, coding.loss.least);
