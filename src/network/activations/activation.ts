/** @file What an activation is: one elementwise formula over the algebra, with its options and its names elsewhere. */
import { z } from 'zod';
import type { GraphBuilder, Tensor } from '../../graph/index.ts';
import { type Description, definePart, type OptionsOf, type Part } from '../../util/kind.ts';
import { type Algebra, graphAlgebra } from '../algebra.ts';
import { type Dual, dualAlgebra, variable } from '../dual.ts';

/** Initializers that an activation can call its own. */
export type FittingInitializer = 'glorot_uniform' | 'he_normal' | 'lecun_normal';

/** An activation with its options: it can be built into a graph and evaluated. */
export interface Activation {
  /** The part's type, or `expression`. */
  readonly name: string;
  /** The kernel initializer that keeps the signal's scale through a stack of this activation. */
  readonly initializer: FittingInitializer;
  /** Learned parameters with their initial value, one per feature. */
  readonly parameters: Readonly<Record<string, number>>;
  /** @param axis the feature axis of x, for activations over an axis */
  build(g: GraphBuilder, x: Tensor, axis: number, parameters: Readonly<Record<string, Tensor>>): Tensor;
  /** Value and derivative at x in float64; null where the activation is not elementwise. */
  readonly curve: ((x: number) => Dual) | null;
  /** Values and derivatives of a list (for softmax: of that vector, derivatives on the Jacobian's diagonal). */
  evaluate(inputs: readonly number[]): { values: number[]; derivatives: number[] };
  /** A module for `nn.Sequential`, and a layer for `keras.Sequential`. */
  /** @param axes of one sample: 1 for vectors, 2 for sequences, 3 for images */
  pytorch(features: number, axes?: number): string;
  readonly keras: string;
}

type Formula = <V, C>(m: Algebra<V, C>, x: V, parameters: Readonly<Record<string, V>>) => V;

/** From a formula over the algebra to everything that follows from it. */
export function elementwise(
  name: string,
  formula: Formula,
  rest: Pick<Activation, 'initializer' | 'parameters' | 'pytorch' | 'keras'> & {
    /** The formula over dual numbers, where there is a faster way to it. */
    readonly curve?: (x: Dual) => Dual;
  },
): Activation {
  const constants = Object.fromEntries(
    Object.entries(rest.parameters).map(([key, value]) => [key, dualAlgebra.constant(value)]),
  );
  const { curve: own, ...others } = rest;
  const curve = (x: number) =>
    own === undefined ? formula(dualAlgebra, variable(x), constants) : own(variable(x));
  return {
    name,
    ...others,
    build: (g, x, _axis, parameters) => formula(graphAlgebra(g), x, parameters),
    curve,
    evaluate(inputs) {
      const points = inputs.map(curve);
      return { values: points.map((point) => point.v), derivatives: points.map((point) => point.d) };
    },
  };
}

interface Common<Type extends string, Options extends z.ZodRawShape> extends Description<Type, Options> {
  readonly initializer: FittingInitializer;
  pytorch(options: OptionsOf<Options>, features: number, axes: number): string;
  keras(options: OptionsOf<Options>): string;
}

interface Elementwise<Type extends string, Options extends z.ZodRawShape> extends Common<Type, Options> {
  /** Learned parameters, one per feature, with their initial value. */
  parameters?(options: OptionsOf<Options>): Readonly<Record<string, number>>;
  apply<V, C>(
    m: Algebra<V, C>,
    x: V,
    options: OptionsOf<Options>,
    parameters: Readonly<Record<string, V>>,
  ): V;
}

export const defineActivation = <Type extends string, Options extends z.ZodRawShape>(
  activation: Elementwise<Type, Options>,
): Part<Type, Options, Activation> =>
  definePart(activation, (options) =>
    elementwise(activation.type, (m, x, parameters) => activation.apply(m, x, options, parameters), {
      initializer: activation.initializer,
      parameters: activation.parameters?.(options) ?? {},
      pytorch: (features, axes = 1) => activation.pytorch(options, features, axes),
      keras: activation.keras(options),
    }),
  );

/** An activation over a whole axis, such as softmax. */
interface OverAxis<Type extends string, Options extends z.ZodRawShape> extends Common<Type, Options> {
  build(g: GraphBuilder, x: Tensor, axis: number): Tensor;
  /** Values and the diagonal of the Jacobian, in float64, of one vector. */
  evaluate(inputs: readonly number[]): { values: number[]; derivatives: number[] };
}

export const defineAxisActivation = <Type extends string, Options extends z.ZodRawShape>(
  activation: OverAxis<Type, Options>,
): Part<Type, Options, Activation> =>
  definePart(activation, (options) => ({
    name: activation.type,
    initializer: activation.initializer,
    parameters: {},
    build: (g, x, axis) => activation.build(g, x, axis),
    curve: null,
    evaluate: (inputs) => activation.evaluate(inputs),
    pytorch: (features, axes = 1) => activation.pytorch(options, features, axes),
    keras: activation.keras(options),
  }));

export const slopeOption = (initial: number) => z.number().min(-10).max(10).default(initial);
