/** @file What an initializer is: it fills one parameter with numbers. */
import type { z } from 'zod';
import { type Description, definePart, type OptionsOf, type Part } from '../../util/kind.ts';
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

/** An initializer with its options. */
export interface Initializer {
  readonly type: string;
  /** Afterwards the training scales the kernel, so that the layer's output has unit variance on a batch. */
  readonly unitVariance: boolean;
  /** @param checkpoint called about every second by a fill that may take longer; ends it by throwing */
  fill(out: Float32Array, target: Target, random: Random, checkpoint?: () => void): void;
  /** Mean and variance of the elements, over random draws; null where they have to be sampled. */
  moments(target: Target): Moments | null;
  /** Statement on a tensor `w` that stands for the target. */
  pytorch(target: Target): string;
  /** Expression. */
  readonly keras: string;
  /** Expression for a vector that stands for the target. */
  kerasVector(target: Target): string;
}

/** An initializer as its file defines it. */
interface Definition<Type extends string, Options extends z.ZodRawShape> extends Description<Type, Options> {
  readonly unitVariance?: boolean;
  fill(
    out: Float32Array,
    target: Target,
    random: Random,
    options: OptionsOf<Options>,
    checkpoint?: () => void,
  ): void;
  moments?(target: Target, options: OptionsOf<Options>): Moments;
  pytorch(options: OptionsOf<Options>, target: Target): string;
  /** Statement for a vector, where that of PyTorch is for matrices only. */
  vector?(options: OptionsOf<Options>, target: Target): string;
  keras(options: OptionsOf<Options>): string;
  /** Expression for a vector, where Keras' own is for matrices, or takes other fans. */
  kerasVector?(options: OptionsOf<Options>, target: Target): string;
}

export const defineInitializer = <Type extends string, Options extends z.ZodRawShape>(
  initializer: Definition<Type, Options>,
): Part<Type, Options, Initializer> =>
  definePart(initializer, (options) => ({
    type: initializer.type,
    unitVariance: initializer.unitVariance === true,
    fill: (out, target, random, checkpoint) => initializer.fill(out, target, random, options, checkpoint),
    moments: (target) => initializer.moments?.(target, options) ?? null,
    pytorch: (target) =>
      target.shape.length < 2 && initializer.vector !== undefined
        ? initializer.vector(options, target)
        : initializer.pytorch(options, target),
    keras: initializer.keras(options),
    kerasVector: (target) => initializer.kerasVector?.(options, target) ?? initializer.keras(options),
  }));

/** Kernels [out, in, …window], which alone have more than two axes: a unit is an element of their first axis. */
export const isConvolution = (shape: readonly number[]): boolean => shape.length > 2;
