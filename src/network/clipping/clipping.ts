/** @file What gradient clipping is: a change of the gradients in place, before the optimizer. */
import type { z } from 'zod';

/** One parameter's gradient and weights. */
export interface ParameterGradient {
  readonly gradient: Float32Array;
  readonly weights: Float32Array;
  readonly shape: readonly number[];
}

export interface ClippingPart<Type extends string = string, Options extends z.ZodRawShape = z.ZodRawShape> {
  readonly type: Type;
  readonly title: string;
  /** Formula first. */
  readonly formula: string;
  readonly sources: readonly string[];
  readonly options: Options;
  /** Clips in place; returns the fraction of gradient elements that were changed. */
  clip(gradients: readonly ParameterGradient[], options: z.output<z.ZodObject<Options>>): number;
  /** Statement before `optimizer.step()`; keyword argument of the Keras optimizer, null where Keras has none. */
  readonly pytorch: (options: z.output<z.ZodObject<Options>>) => string;
  readonly keras: (options: z.output<z.ZodObject<Options>>) => string | null;
}

export const defineClipping = <Type extends string, Options extends z.ZodRawShape>(
  part: ClippingPart<Type, Options>,
): ClippingPart<Type, Options> => part;

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
