/** @file What an initializer is: it fills one parameter with numbers. */
import type { z } from 'zod';
import type { Random } from '../../util/random.ts';

/** The parameter to fill. */
export interface Target {
  readonly shape: readonly number[];
  /** Inputs and outputs of one unit; a bias carries those of its kernel. */
  readonly fanIn: number;
  readonly fanOut: number;
}

export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

export interface InitializerPart<
  Type extends string = string,
  Options extends z.ZodRawShape = z.ZodRawShape,
> {
  readonly type: Type;
  readonly title: string;
  /** Formula first. */
  readonly formula: string;
  readonly sources: readonly string[];
  readonly options: Options;
  /** Afterwards the training scales the kernel, so that the layer's output has unit variance on a batch. */
  readonly unitVariance?: boolean;
  /** @param checkpoint called about every second by a fill that may take longer; ends it by throwing */
  fill(
    out: Float32Array,
    target: Target,
    random: Random,
    options: z.output<z.ZodObject<Options>>,
    checkpoint?: () => void,
  ): void;
  /** Mean and variance of the elements, over random draws; without it they are sampled. */
  moments?(target: Target, options: z.output<z.ZodObject<Options>>): Moments;
  /** Statement on a tensor `w`, and an expression. */
  readonly pytorch: (options: z.output<z.ZodObject<Options>>) => string;
  readonly keras: (options: z.output<z.ZodObject<Options>>) => string;
}

export const defineInitializer = <Type extends string, Options extends z.ZodRawShape>(
  part: InitializerPart<Type, Options>,
): InitializerPart<Type, Options> => part;

/** Kernels [out, in, …window], which alone have more than two axes: a unit is an element of their first axis. */
export const isConvolution = (shape: readonly number[]): boolean => shape.length > 2;
