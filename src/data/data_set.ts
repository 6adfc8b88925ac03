/** @file What a data set is: a self-describing part with its own options, and the samples that it yields. */
import type { z } from 'zod';
import type { Random } from '../util/random.ts';

export type TargetKind = 'classes' | 'values';

/** What is known of a data set before it is made; enough to check a network against it. */
export interface DataDescription {
  readonly samples: number;
  /** Shape of one input, without the batch. */
  readonly input_shape: readonly number[];
  /** Inputs may take any shape of the same size (images given as rows). */
  readonly reshapable: boolean;
  readonly target_kind: TargetKind;
  /** Number of classes (`classes`), else of outputs (`values`). */
  readonly target_size: number;
}

/** All samples, row-major. */
export interface Samples {
  /** [samples, …input_shape] */
  readonly inputs: Float32Array;
  /** [samples] class indices from 0, or [samples, target_size] values. */
  readonly targets: Float32Array;
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
  describe(options: z.output<z.ZodObject<Options>>): DataDescription;
  /** Deterministic in `random`. */
  generate(options: z.output<z.ZodObject<Options>>, random: Random): Samples;
}

/** Keeps the option types of a part while it is checked against the interface. */
export const defineData = <Type extends string, Options extends z.ZodRawShape>(
  part: DataPart<Type, Options>,
): DataPart<Type, Options> => part;
