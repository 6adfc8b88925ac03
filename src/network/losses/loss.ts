/** @file What a loss is: a term per target position; the training takes their mean, weighted where classes have weights. */
import type { z } from 'zod';
import type { GraphBuilder, Tensor } from '../../graph/index.ts';
import { type Description, definePart, type OptionsOf, type Part } from '../../util/kind.ts';

/**
 * What a loss compares: `classes` one class of several (the output has a unit per class), `binary` outputs of 0 or 1,
 * `values` numbers, `mixed` something else in each of several outputs.
 */
export type LossTarget = 'classes' | 'binary' | 'values' | 'mixed';

/** One of several outputs that have losses of their own. */
export interface LossPart {
  readonly loss: Loss;
  readonly weight: number;
  /** Of the output, without the batch. */
  readonly shape: readonly number[];
  /** Where it begins among the outputs of a sample, and how many they are. */
  readonly at: number;
  readonly size: number;
  /** The same among the targets that a sample is given. */
  readonly from: number;
  readonly given: number;
}

/** Writes the targets of one sample, which begin at `start`, as the graph takes them. */
type Encode = (given: ArrayLike<number>, start: number, out: { [place: number]: number }, to: number) => void;

/** How a loss with smoothed targets is written elsewhere. */
interface SmoothedCode {
  readonly pytorch: string;
  readonly keras: string;
}

/** What a loss reads, and what its numbers are. */
interface Reading {
  readonly target: LossTarget;
  /** What the network's output is taken for. */
  readonly output: 'logits' | 'probabilities' | 'values';
}

/** A loss with its options. */
export interface Loss extends Reading {
  readonly type: string;
  /** A position's loss is the sum over its outputs, as with classes, not one loss for each of them. */
  readonly summed: boolean;
  /** A sample has one loss, of all its positions together: none of them can be weighed or left out by itself. */
  readonly whole: boolean;
  /** How many outputs, side by side along the last axis, answer to each target; each is compared with it. */
  readonly copies: number;
  /** The outputs that have a loss each, whose weighted sum this is; null of a loss of one output. */
  readonly parts: readonly LossPart[] | null;
  /** Where the targets of a sample are no row of classes or numbers, how they are read; else null. */
  readonly encode: Encode | null;
  /** It takes the logarithm of the prediction, which has to lie above 0. */
  readonly positive: boolean;
  /**
   * The loss of every position.
   * @param prediction [batch, …, outputs]
   * @param target of the same shape; one-hot for `classes`
   * @returns [batch, …] where it is summed over the outputs, [batch] of whole samples, else the shape of the prediction
   */
  build(g: GraphBuilder, prediction: Tensor, target: Tensor): Tensor;
  /**
   * ∂loss/∂prediction of a position in float64: all outputs of a prediction that is a vector, the target of `classes` one-hot.
   */
  slope(prediction: readonly number[], target: readonly number[]): number[];
  /**
   * The mean loss of the best constant prediction: what a network reaches that ignores its input.
   * @param column the targets of one output; for `classes`, of all samples as class indices
   * @param weights of the samples, summing to 1
   * @param outputs of a position: for `classes`, as many as the network tells apart
   * @param copy which of the outputs of a target
   */
  constant(column: readonly number[], weights: readonly number[], outputs: number, copy?: number): number;
  /**
   * The same of a loss of whole samples; null for others.
   * @param rows the targets of each sample
   * @param shape of them
   */
  wholeConstant: ((rows: readonly ArrayLike<number>[], shape: readonly number[]) => number) | null;
  /**
   * The mean loss of a prediction that equals its targets, where that is not 0: soft targets have an entropy of their own.
   * Progress is counted above it.
   */
  least(column: readonly number[], weights: readonly number[], outputs: number): number;
  /** The same of a loss whose targets mean different things in one sample; null of others. */
  wholeLeast: ((rows: readonly ArrayLike<number>[]) => number) | null;
  /** Its code with smoothed targets; null where they mean nothing. */
  readonly smoothing: ((amount: number) => SmoothedCode) | null;
  readonly pytorch: string;
  readonly keras: string;
}

/** A loss as its file defines it: the same, with the options as the last argument. */
interface Definition<Type extends string, Options extends z.ZodRawShape>
  extends Description<Type, Options>,
    Reading {
  /** Losses of `classes` are, others where they say so. */
  readonly summed?: true;
  readonly positive?: true;
  readonly whole?: true;
  copies?(options: OptionsOf<Options>): number;
  parts?(options: OptionsOf<Options>): readonly LossPart[];
  encode?(...given: [...Parameters<Encode>, options: OptionsOf<Options>]): void;
  build(g: GraphBuilder, prediction: Tensor, target: Tensor, options: OptionsOf<Options>): Tensor;
  slope(prediction: readonly number[], target: readonly number[], options: OptionsOf<Options>): number[];
  constant(
    column: readonly number[],
    weights: readonly number[],
    options: OptionsOf<Options>,
    copy: number,
  ): number;
  wholeConstant?(
    rows: readonly ArrayLike<number>[],
    shape: readonly number[],
    options: OptionsOf<Options>,
  ): number;
  least?(column: readonly number[], weights: readonly number[], options: OptionsOf<Options>): number;
  wholeLeast?(rows: readonly ArrayLike<number>[], options: OptionsOf<Options>): number;
  /** Of losses that are linear in their targets. */
  smoothing?(amount: number): SmoothedCode;
  pytorch(options: OptionsOf<Options>): string;
  keras(options: OptionsOf<Options>): string;
}

export const defineLoss = <Type extends string, Options extends z.ZodRawShape>(
  loss: Definition<Type, Options>,
): Part<Type, Options, Loss> =>
  definePart(loss, (options) => ({
    type: loss.type,
    target: loss.target,
    output: loss.output,
    summed: loss.summed === true || loss.target === 'classes',
    positive: loss.positive === true,
    whole: loss.whole === true,
    copies: loss.copies?.(options) ?? 1,
    parts: loss.parts?.(options) ?? null,
    encode:
      loss.encode === undefined ? null : (...given: Parameters<Encode>) => loss.encode?.(...given, options),
    build: (g, prediction, target) => loss.build(g, prediction, target, options),
    slope: (prediction, target) => loss.slope(prediction, target, options),
    constant: (column, weights, _outputs, copy = 0) => loss.constant(column, weights, options, copy),
    wholeConstant:
      loss.wholeConstant === undefined
        ? null
        : (rows, shape) => loss.wholeConstant?.(rows, shape, options) ?? Number.NaN,
    least: (column, weights) => loss.least?.(column, weights, options) ?? 0,
    wholeLeast:
      loss.wholeLeast === undefined ? null : (rows) => loss.wholeLeast?.(rows, options) ?? Number.NaN,
    smoothing: loss.smoothing ?? null,
    pytorch: loss.pytorch(options),
    keras: loss.keras(options),
  }));

/** Σ w x, the weights summing to 1. */
export const meanOf = (column: readonly number[], weights: readonly number[]): number =>
  column.reduce((sum, x, i) => sum + (weights[i] ?? 0) * x, 0);

/** −Σ p ln p over the weighted frequencies of the values in the column: the cross-entropy of the best constant. */
export function entropy(column: readonly number[], weights: readonly number[]): number {
  const frequencies = new Map<number, number>();
  column.forEach((value, i) => {
    frequencies.set(value, (frequencies.get(value) ?? 0) + (weights[i] ?? 0));
  });
  return [...frequencies.values()].reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
}

/** −t ln p − (1 − t) ln(1 − p), 0 ln 0 = 0. */
const binaryTerm = (t: number, p: number): number =>
  -(t > 0 ? t * Math.log(p) : 0) - (t < 1 ? (1 - t) * Math.log(1 - p) : 0);

/** The binary cross-entropy of the best constant, which is the mean target; soft targets between 0 and 1 included. */
export function binaryConstant(column: readonly number[], weights: readonly number[]): number {
  const mean = column.reduce((sum, t, i) => sum + (weights[i] ?? 0) * t, 0);
  return binaryTerm(mean, mean);
}

/** The entropy of the targets themselves: 0 where each is 0 or 1. */
export const binaryLeast = (column: readonly number[], weights: readonly number[]): number =>
  column.reduce((sum, t, i) => sum + (weights[i] ?? 0) * binaryTerm(t, t), 0);

/**
 * Minimum over a constant c of Σ wᵢ·f(c − tᵢ) for convex f, by ternary search between the smallest and largest target.
 */
export function smallestMean(
  column: readonly number[],
  weights: readonly number[],
  f: (error: number) => number,
): number {
  let low = column.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let high = column.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const mean = (constant: number) =>
    column.reduce((sum, t, i) => sum + (weights[i] ?? 0) * f(constant - t), 0);
  for (let i = 0; i < 60; i++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (mean(a) <= mean(b)) high = b;
    else low = a;
  }
  return mean((low + high) / 2);
}
