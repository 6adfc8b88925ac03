/** @file What a data set is: a self-describing part with its own options, and the samples that it yields. */
import type { z } from 'zod';
import type { OnDemand } from '../files/index.ts';
import type { Random } from '../util/random.ts';

/** How a loss reads the targets: class indices, numbers between 0 and 1, any numbers, or each place in its own way. */
export type TargetReading = 'classes' | 'binary' | 'values' | 'mixed';

/** One of several inputs that have names. */
export interface InputField {
  readonly name: string;
  /** Without the batch. */
  readonly shape: readonly number[];
  /** As of the whole description. */
  readonly tokens: number | null;
}

export type Range = readonly [low: number, high: number];

/** What one place of a target holds over all samples. */
export interface TargetColumn {
  readonly low: number;
  readonly high: number;
  /** Whole numbers only. */
  readonly whole: boolean;
}

/** Of all targets: what says why a loss cannot read them. */
export interface TargetFacts extends TargetColumn {
  /** Those that occur, in ascending order; null where they are many, or nobody looked. */
  readonly distinct: readonly number[] | null;
}

/** What is known of a data set before it is made; enough to check a network against it. */
export interface DataDescription {
  readonly samples: number;
  /** Shape of one input, without the batch; of several inputs [all their numbers]. */
  readonly input_shape: readonly number[];
  /** Where inputs have names: their numbers stand one after another in each sample's row. */
  readonly inputs?: readonly InputField[];
  /** Smallest and largest number of the inputs; absent where nobody looked. */
  readonly input_range?: Range;
  /** Inputs may take any shape of the same size (images given as rows). */
  readonly reshapable: boolean;
  /** The inputs are tokens: whole numbers from 0, fewer than this; null where they are not. */
  readonly tokens: number | null;
  /** Shape of the numbers of one target: [] one number, [outputs], [time] or [time, outputs]. */
  readonly target_shape: readonly number[];
  /** The targets are class indices, fewer than this (of `inline` data: than the highest + 1); null where they are not. */
  readonly classes: number | null;
  /** The targets make sense as numbers to regress on. */
  readonly also_values: boolean;
  /** Every target lies between 0 and 1, so that binary losses can read it. */
  readonly binary: boolean;
  /** Of every place of a target that is a row, in its order; absent where nobody looked. */
  readonly target_columns?: readonly TargetColumn[];
  /** Every target is 0 or 1, whatever its shape: an answer of no or yes. Absent where nobody looked. */
  readonly labels?: boolean;
  /** Absent where nobody looked, or where each target is the name of a class. */
  readonly target_facts?: TargetFacts;
}

/** How many classes a loss tells apart that reads the targets so; null where they are no classes. */
export const classesAs = ({ classes, labels }: DataDescription, reading: TargetReading): number | null =>
  classes ?? (reading === 'binary' && labels === true ? 2 : null);

/** Numbers that were given are kept as they are until they are read. */
export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

/** All samples, row-major. */
export interface Samples {
  /** [samples, …input_shape]; large ones stay in their file, several arrays where they are. */
  readonly inputs: Numbers | OnDemand;
  /** Where each number of a sample lies among its inputs, where they are in another order than the shape says. */
  readonly columns?: Int32Array;
  /** [samples, …target_shape] class indices from 0, or values. */
  readonly targets: Numbers;
}

/** What is wrong with options that are well-formed one by one. */
export interface DataProblem {
  /** Within the data set's own object. */
  readonly path: readonly PropertyKey[];
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
  /** Inputs and targets together; by default as many as a request may make. */
  readonly maxNumbers?: number;
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
  targetShape: readonly number[] = [],
): DataDescription => ({
  samples,
  input_shape: inputShape,
  reshapable: false,
  tokens: null,
  target_shape: targetShape,
  classes,
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
  tokens: null,
  target_shape: [outputs],
  classes: null,
  also_values: true,
  binary: false,
});

/** Whether losses of values read these classes as rows of 0 and 1, one unit a class: three or more are no numbers. */
const isCoded = ({ classes, also_values }: DataDescription, reading: TargetReading): boolean =>
  reading === 'values' && classes !== null && !also_values;

/** The data as a loss reads them. */
export const readAs = (description: DataDescription, reading: TargetReading): DataDescription =>
  isCoded(description, reading)
    ? {
        ...description,
        target_shape: [...description.target_shape, description.classes ?? 0],
        classes: null,
        also_values: true,
        binary: true,
      }
    : description;

/** The samples as a loss reads them: one-hot rows where it reads classes so. */
export function samplesAs(samples: Samples, description: DataDescription, reading: TargetReading): Samples {
  if (!isCoded(description, reading)) return samples;
  const classes = description.classes ?? 0;
  const targets = new Float32Array(samples.targets.length * classes);
  samples.targets.forEach((label, i) => {
    targets[i * classes + label] = 1;
  });
  return { ...samples, targets };
}

/**
 * The output shape that a loss needs which reads the targets so (for `classes`, the last axis has a unit per class, or
 * more), or null where the targets cannot be read so. The stored targets are the same numbers in each reading.
 */
export function wantedOutput(description: DataDescription, reading: TargetReading): number[] | null {
  const { target_shape, classes, also_values, binary } = description;
  if (reading === 'mixed') return null;
  if (reading === 'classes') return classes === null ? null : [...target_shape, classes];
  if (reading === 'binary' ? !binary : !also_values) return null;
  return target_shape.length === 0 ? [1] : [...target_shape];
}

/**
 * Whether a network with this output shape can learn the targets. A sequence of numbers may also be [time, 1].
 * @param copies outputs for each target, along the last axis
 */
export function fitsOutput(
  description: DataDescription,
  reading: TargetReading,
  outputShape: readonly number[],
  copies = 1,
): boolean {
  const wanted = wantedOutput(description, reading);
  if (wanted === null) return false;
  const last = outputShape.at(-1) ?? 0;
  if (reading === 'classes') {
    const positions = outputShape.slice(0, -1).join() === description.target_shape.join();
    return positions && last >= (description.classes ?? 0);
  }
  const wide = (shape: readonly number[]) => [...shape.slice(0, -1), (shape.at(-1) ?? 1) * copies].join();
  return [wide(wanted), wide([...wanted, 1])].includes(outputShape.join());
}

/** More different targets are read as amounts, and nobody would read their list. */
const MAX_DISTINCT = 20;

/** The different ones in ascending order, where they are few. */
export function fewOf(numbers: Iterable<number>): readonly number[] | null {
  const seen = new Set<number>();
  for (const value of numbers) if (seen.add(value).size > MAX_DISTINCT) return null;
  return [...seen].sort((a, b) => a - b);
}

export const targetFactsOf = (numbers: Float64Array): TargetFacts => ({
  ...(columnsOf(numbers, 1)[0] as TargetColumn),
  distinct: fewOf(numbers),
});

/** @param numbers rows of `width` */
export function columnsOf(numbers: ArrayLike<number>, width: number): TargetColumn[] {
  const columns = Array.from({ length: width }, () => ({
    low: Number.POSITIVE_INFINITY,
    high: Number.NEGATIVE_INFINITY,
    whole: true,
  }));
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i] as number;
    const column = columns[i % width] as { low: number; high: number; whole: boolean };
    if (x < column.low) column.low = x;
    if (x > column.high) column.high = x;
    column.whole &&= Number.isInteger(x);
  }
  return columns;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);
