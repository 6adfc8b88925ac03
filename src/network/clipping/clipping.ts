/** @file What gradient clipping is: a change of the gradients in place, before the optimizer. */
import type { z } from 'zod';
import { type Description, definePart, type OptionsOf, type Part } from '../../util/kind.ts';

/** One parameter's gradient and weights. */
export interface ParameterGradient {
  readonly gradient: Float32Array;
  readonly weights: Float32Array;
  readonly shape: readonly number[];
}

/** A clipping with its options. */
export interface Clipping {
  readonly type: string;
  /** Clips in place; returns the fraction of gradient elements that were changed. */
  clip(gradients: readonly ParameterGradient[]): number;
  /** Statement before `optimizer.step()`; keyword argument of the Keras optimizer, null where Keras has none. */
  readonly pytorch: string;
  readonly keras: string | null;
}

/** A clipping as its file defines it: the same, with the options as the last argument. */
interface Definition<Type extends string, Options extends z.ZodRawShape> extends Description<Type, Options> {
  clip(gradients: readonly ParameterGradient[], options: OptionsOf<Options>): number;
  pytorch(options: OptionsOf<Options>): string;
  keras(options: OptionsOf<Options>): string | null;
}

export const defineClipping = <Type extends string, Options extends z.ZodRawShape>(
  clipping: Definition<Type, Options>,
): Part<Type, Options, Clipping> =>
  definePart(clipping, (options) => ({
    type: clipping.type,
    clip: (gradients) => clipping.clip(gradients, options),
    pytorch: clipping.pytorch(options),
    keras: clipping.keras(options),
  }));

/** Σx², in float64. */
export function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * (values[i] as number);
  return sum;
}

export function scale(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * factor;
}

export const countOf = (gradients: readonly ParameterGradient[]): number =>
  gradients.reduce((sum, { gradient }) => sum + gradient.length, 0);
