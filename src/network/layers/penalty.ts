/** @file A term of the loss: what values cost that pass through. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { expressionSchema, resolveActivation } from '../activation_config.ts';
import { defineLayer, featureAxis } from './layer.ts';
import { heedingCode, zeroMasked } from './masks.ts';

export const penalty = defineLayer({
  type: 'penalty',
  family: 'shape',
  title: 'Penalty on values',
  synonyms: ['activity_regularization', 'activity_regularizer', 'kl', 'auxiliary_loss'],
  formula:
    'y = x; adds weight · Σ f(x) to the loss, summed over the numbers of a sample, the mean over the batch (inside ' +
    'time_distributed: over its time steps, too)',
  sources: [
    'Keras, keras.layers.ActivityRegularization',
    'Kingma & Welling 2014, Auto-encoding variational Bayes, arXiv:1312.6114',
  ],
  options: {
    expression: expressionSchema,
    weight: z.number().min(-1e6).max(1e6).default(1).describe('What the sum is multiplied with'),
  },
  inert: () => true,
  mask: 'passed',
  maskCode: heedingCode,
  build(context, x, { expression, weight }) {
    const { g, masks } = context;
    const cost = resolveActivation({ expression }).build(g, x, featureAxis(x.shape), {});
    const [mask = null] = masks;
    context.penalize(mask === null ? cost : zeroMasked(g, cost, mask), weight);
    // A tensor of its own: the gradient at it is that of what follows, without the penalty's.
    return c.mul(g, x, g.constant(1));
  },
  theory: 'it adds a term to the loss, whose gradient is not followed',
  code({ expression, weight }, { features, outputShape }) {
    const { pytorch, keras } = resolveActivation({ expression });
    return {
      pytorch: [`Penalty(${pytorch(features, outputShape.length)}, ${weight})`],
      keras: [`Penalty(${keras}, ${weight})`],
    };
  },
});
