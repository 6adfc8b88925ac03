/** @file What an activation is: one elementwise formula over the algebra, with its options and its names elsewhere. */
import { z } from 'zod';
import type { GraphBuilder, Tensor } from '../../graph/index.ts';
import type { Algebra } from '../algebra.ts';

/** Initializers that an activation can call its own. */
export type FittingInitializer = 'glorot_uniform' | 'he_normal' | 'lecun_normal';

interface Common<Type extends string, Options extends z.ZodRawShape> {
  readonly type: Type;
  readonly title: string;
  /** Formula first. */
  readonly formula: string;
  readonly sources: readonly string[];
  readonly options: Options;
  /** The kernel initializer that keeps the signal's scale through a stack of this activation. */
  readonly initializer: FittingInitializer;
  /** A module for `nn.Sequential`, and a layer for `keras.Sequential`. */
  readonly pytorch: (options: z.output<z.ZodObject<Options>>, features: number) => string;
  readonly keras: (options: z.output<z.ZodObject<Options>>) => string;
}

export interface ElementwisePart<Type extends string = string, Options extends z.ZodRawShape = z.ZodRawShape>
  extends Common<Type, Options> {
  readonly kind: 'elementwise';
  /** Learned parameters, one per feature, with their initial value. */
  readonly parameters?: (options: z.output<z.ZodObject<Options>>) => Readonly<Record<string, number>>;
  apply<V, C>(
    m: Algebra<V, C>,
    x: V,
    options: z.output<z.ZodObject<Options>>,
    parameters: Readonly<Record<string, V>>,
  ): V;
}

/** An activation over a whole axis, such as softmax. */
export interface AxisPart<Type extends string = string, Options extends z.ZodRawShape = z.ZodRawShape>
  extends Common<Type, Options> {
  readonly kind: 'axis';
  build(g: GraphBuilder, x: Tensor, axis: number): Tensor;
  /** Values and the diagonal of the Jacobian, in float64, of one vector. */
  evaluate(inputs: readonly number[]): { values: number[]; derivatives: number[] };
}

export type ActivationPart<Type extends string = string, Options extends z.ZodRawShape = z.ZodRawShape> =
  | ElementwisePart<Type, Options>
  | AxisPart<Type, Options>;

export const defineActivation = <Type extends string, Options extends z.ZodRawShape>(
  part: Omit<ElementwisePart<Type, Options>, 'kind'>,
): ElementwisePart<Type, Options> => ({ ...part, kind: 'elementwise' });

export const slopeOption = (initial: number) => z.number().min(-10).max(10).default(initial);
