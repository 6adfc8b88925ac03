/** @file An activation as the request names it (name, object or expression), made usable. */
import { z } from 'zod';
import { type Activation, elementwise } from './activations/activation.ts';
import { activationKind } from './activations/index.ts';
import { kerasAlgebra, torchAlgebra } from './code_algebra.ts';
import { dualAlgebra } from './dual.ts';
import {
  compileExpression,
  ExpressionError,
  evaluateExpression,
  MAX_EXPRESSION_LENGTH,
  operationsIn,
  parseExpression,
} from './expression.ts';

export const expressionSchema = z
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
  .union([activationKind.names, activationKind.objects, z.strictObject({ expression: expressionSchema })])
  .meta({ description: 'An activation: its name, an object with options, or a formula of your own' });

export type ActivationConfig = z.output<typeof activationSchema>;

function fromExpression(source: string): Activation {
  const expression = parseExpression(source);
  return elementwise('expression', (m, x) => evaluateExpression(expression, m, x), {
    initializer: 'he_normal',
    parameters: {},
    curve: compileExpression(expression, dualAlgebra),
    pytorch: () => `Expression(lambda x: ${evaluateExpression(expression, torchAlgebra, 'x')})`,
    keras: `layers.Activation(lambda x: ${evaluateExpression(expression, kerasAlgebra, 'x')})`,
  });
}

const isExpression = (config: ActivationConfig): config is { expression: string } =>
  typeof config === 'object' && 'expression' in config;

/** @param config validated by `activationSchema` */
export const resolveActivation = (config: ActivationConfig): Activation =>
  isExpression(config) ? fromExpression(config.expression) : activationKind.resolve(config);

/** What a value of the activation costs, in operations of a formula; the activations that are known by name cost about one. */
export const operationsOf = (config: ActivationConfig): number =>
  isExpression(config) ? Math.max(1, operationsIn(parseExpression(config.expression))) : 1;

/** The config with every default filled in; a formula says all there is. */
export const completeActivation = (config: ActivationConfig): ActivationConfig =>
  isExpression(config) ? config : activationKind.complete(config);
