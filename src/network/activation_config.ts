/** @file An activation as the request names it (name, object or expression), made usable. */
import { z } from 'zod';
import type { GraphBuilder, Tensor } from '../graph/index.ts';
import type { ElementwisePart, FittingInitializer } from './activations/activation.ts';
import { activationParts } from './activations/index.ts';
import { type Algebra, graphAlgebra } from './algebra.ts';
import { kerasAlgebra, torchAlgebra } from './code_algebra.ts';
import { type Dual, dualAlgebra, variable } from './dual.ts';
import { ExpressionError, evaluateExpression, MAX_EXPRESSION_LENGTH, parseExpression } from './expression.ts';
import { nameSchema, objectSchema, resolvePart } from './part_schema.ts';

const expressionSchema = z
  .string()
  .min(1)
  .max(MAX_EXPRESSION_LENGTH)
  .superRefine((source, context) => {
    try {
      parseExpression(source);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      context.addIssue({ code: 'custom', message: error.message, params: { position: error.position } });
    }
  })
  .describe(
    'A formula in x: numbers, x, + − * / ^, parentheses, exp, log, sqrt, abs, tanh, sigmoid, relu, softplus, erf, ' +
      'sin, cos, min, max, and where(a < b, c, d); at most 200 characters and 32 levels',
  );

export const activationSchema = z
  .union([
    nameSchema(activationParts),
    objectSchema(activationParts),
    z.strictObject({ expression: expressionSchema }),
  ])
  .meta({ description: 'An activation: its name, an object with options, or a formula of your own' });

export type ActivationConfig = z.output<typeof activationSchema>;

/** An activation that can be built into a graph and evaluated. */
export interface Activation {
  /** The part's type, or `expression`. */
  readonly name: string;
  readonly initializer: FittingInitializer;
  /** Learned parameters with their initial value, one per feature. */
  readonly parameters: Readonly<Record<string, number>>;
  /** @param axis the feature axis of x, for activations over an axis */
  build(g: GraphBuilder, x: Tensor, axis: number, parameters: Readonly<Record<string, Tensor>>): Tensor;
  /** Value and derivative at x in float64; null where the activation is not elementwise. */
  readonly curve: ((x: number) => Dual) | null;
  /** Values and derivatives of a list (for softmax: of that vector, derivatives on the Jacobian's diagonal). */
  evaluate(inputs: readonly number[]): { values: number[]; derivatives: number[] };
  pytorch(features: number): string;
  readonly keras: string;
}

type Formula = <V, C>(m: Algebra<V, C>, x: V, parameters: Readonly<Record<string, V>>) => V;

function elementwise(
  name: string,
  formula: Formula,
  rest: Pick<Activation, 'initializer' | 'parameters' | 'pytorch' | 'keras'>,
): Activation {
  const constants = Object.fromEntries(
    Object.entries(rest.parameters).map(([key, value]) => [key, dualAlgebra.constant(value)]),
  );
  const curve = (x: number) => formula(dualAlgebra, variable(x), constants);
  return {
    name,
    ...rest,
    build: (g, x, _axis, parameters) => formula(graphAlgebra(g), x, parameters),
    curve,
    evaluate(inputs) {
      const points = inputs.map(curve);
      return { values: points.map((point) => point.v), derivatives: points.map((point) => point.d) };
    },
  };
}

function fromExpression(source: string): Activation {
  const expression = parseExpression(source);
  const formula: Formula = (m, x) => evaluateExpression(expression, m, x);
  return elementwise('expression', formula, {
    initializer: 'he_normal',
    parameters: {},
    pytorch: () => `Expression(lambda x: ${formula(torchAlgebra, 'x', {})})`,
    keras: `layers.Activation(lambda x: ${formula(kerasAlgebra, 'x', {})})`,
  });
}

function fromElementwisePart(part: ElementwisePart, options: never): Activation {
  return elementwise(part.type, (m, x, parameters) => part.apply(m, x, options, parameters), {
    initializer: part.initializer,
    parameters: part.parameters?.(options) ?? {},
    pytorch: (features) => part.pytorch(options, features),
    keras: part.keras(options),
  });
}

/** @param config validated by `activationSchema` */
export function resolveActivation(config: ActivationConfig): Activation {
  if (typeof config === 'object' && 'expression' in config) return fromExpression(config.expression);
  const { part, options } = resolvePart(activationParts, config);
  if (part.kind === 'elementwise') return fromElementwisePart(part as unknown as ElementwisePart, options);
  return {
    name: part.type,
    initializer: part.initializer,
    parameters: {},
    build: (g, x, axis) => part.build(g, x, axis),
    curve: null,
    evaluate: (inputs) => part.evaluate(inputs),
    pytorch: (features) => part.pytorch(options, features),
    keras: part.keras(options),
  };
}
