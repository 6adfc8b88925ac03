/** @file What a data set is: a self-describing part with its own options, and the samples that it yields. */
import type { z } from 'zod';
import type { Random } from '../util/random.ts';

type TargetKind = 'classes' | 'values';

/** How a loss reads the targets: class indices, numbers between 0 and 1, or any numbers. */
export type TargetReading = 'classes' | 'binary' | 'values';

/** What is known of a data set before it is made; enough to check a network against it. */
export interface DataDescription {
  readonly samples: number;
  /** Shape of one input, without the batch. */
  readonly input_shape: readonly number[];
  /** Inputs may take any shape of the same size (images given as rows). */
  readonly reshapable: boolean;
  readonly target_kind: TargetKind;
  /** Number of classes (`classes`; of `inline` data the highest class + 1), else of outputs (`values`). */
  readonly target_size: number;
  /** Class indices that also make sense as the numbers of one output; true of all `values`. */
  readonly also_values: boolean;
  /** Every target lies between 0 and 1, so that binary losses can read it. */
  readonly binary: boolean;
}

/** All samples, row-major. */
export interface Samples {
  /** [samples, …input_shape] */
  readonly inputs: Float32Array;
  /** [samples] class indices from 0, or [samples, target_size] values. */
  readonly targets: Float32Array;
}

/** What is wrong with options that are well-formed one by one. */
export interface DataProblem {
  /** Within the data set's own object. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly fix?: string;
}

/** One data set: a file in `sets/` and a line in its index. */
export interface DataPart<Type extends string = string, Options extends z.ZodRawShape = z.ZodRawShape> {
  readonly type: Type;
  readonly title: string;
  /** Definition, formula first; units of raw columns. */
  readonly description: string;
  readonly sources: readonly string[];
  /** The part's own options; `standardize`, `scale`, `validation_split`, `shuffle` are common to all. */
  readonly options: Options;
  /** What the options' own schemas cannot say; `describe` and `generate` see only options that pass. */
  check?(options: z.output<z.ZodObject<Options>>): DataProblem[];
  describe(options: z.output<z.ZodObject<Options>>): DataDescription;
  /** Deterministic in `random`. May yield more samples than described: the first ones after shuffling are used. */
  generate(options: z.output<z.ZodObject<Options>>, random: Random): Samples;
}

/** Keeps the option types of a part while it is checked against the interface. */
export const defineData = <Type extends string, Options extends z.ZodRawShape>(
  part: DataPart<Type, Options>,
): DataPart<Type, Options> => part;

/** Describes labelled data. Two classes are also the numbers 0 and 1; three or more have no order to regress on. */
export const describeClasses = (
  samples: number,
  inputShape: readonly number[],
  classes: number,
): DataDescription => ({
  samples,
  input_shape: inputShape,
  reshapable: false,
  target_kind: 'classes',
  target_size: classes,
  also_values: classes <= 2,
  binary: classes <= 2,
});

/** Describes data for regression. */
export const describeValues = (
  samples: number,
  inputShape: readonly number[],
  outputs: number,
): DataDescription => ({
  samples,
  input_shape: inputShape,
  reshapable: false,
  target_kind: 'values',
  target_size: outputs,
  also_values: true,
  binary: false,
});

/**
 * How many units the last layer needs for a loss that reads the targets so (for `classes`: how many at
 * least), or null where the targets cannot be read so. The stored targets are the same numbers in each reading.
 */
export function outputsFor(description: DataDescription, reading: TargetReading): number | null {
  const { target_kind, target_size, also_values, binary } = description;
  if (reading === 'classes') return target_kind === 'classes' ? target_size : null;
  if (reading === 'binary' ? !binary : !also_values) return null;
  return target_kind === 'classes' ? 1 : target_size;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

/** Whether a network with this input shape can take the data. */
export function fitsInput(description: DataDescription, shape: readonly number[]): boolean {
  const own = description.input_shape;
  if (own.length === shape.length && own.every((n, i) => n === shape[i])) return true;
  return description.reshapable && sizeOf(own) === sizeOf(shape);
}
