/** @file The theory on the wire: schemas of what the endpoints answer. */
import { z } from 'zod';

const number = z.number().nullable();
const nonFinite = z.record(z.string(), z.enum(['nan', 'inf', '-inf'])).optional();

const edgeSchema = z.object({
  weight_variance: number.describe('σ_w²: the kernel has the variance σ_w²/fan_in; null where there is none'),
  bias_variance: number.describe('σ_b²: 0 where that is possible'),
  q: number.describe('Fixed point of the variance of pre-activations; null where every one is'),
  gain: number.describe('χ₁ there'),
  note: z.string(),
});

const theorySchema = z
  .object({
    gain: number.describe('χ₁ = E φ′(z)² at σ_w² = 1, z standard normal'),
    mean_square: number.describe('E φ(z)²'),
    edge_of_chaos: edgeSchema,
    depth_scale: number.describe('Layers over which the squared gradient norm changes by e, at σ_w² = 1'),
    non_finite: nonFinite,
  })
  .meta({ id: 'ActivationTheory' });

const bounds = z.object({ low: z.number(), high: z.number() });

export const comparedSchema = z
  .object({
    activation: z.unknown().describe('As it was requested'),
    name: z.string(),
    theory: theorySchema.nullable().describe('Null for softmax, which is not elementwise'),
    gradient_range: z.array(
      z.object({
        weight_variance: z.number(),
        ratio: number.describe('Gradient RMS at the first of `depth` layers over that at the last'),
        edge_of_chaos: z
          .boolean()
          .describe(
            'True: at the edge of chaos, with the variance at its fixed point. False: starting from variance 1, without biases',
          ),
        non_finite: nonFinite,
      }),
    ),
    slope_range: z.object({ min: number, max: number, non_finite: nonFinite }),
    saturation: bounds.nullable().describe('Outputs at or beyond these are saturated'),
    dead_zone: z.boolean().describe('A whole half line gives 0 with slope 0'),
    curve: z.object({
      inputs: z.array(z.number()),
      values: z.array(number),
      derivatives: z.array(number),
      non_finite: nonFinite,
    }),
    tailored: z
      .union([
        z.object({ activation: z.unknown(), initializer: z.string() }),
        z.object({ reason: z.string().describe('Why there is no value') }),
      ])
      .describe(
        'Shifted and scaled so that a plain stack of `depth` layers keeps lengths and angles of its inputs (arXiv:2203.08120)',
      ),
  })
  .meta({ id: 'ComparedActivation' });

/** What is told of each layer beside its shapes. */
export const forecastFields = {
  reach: z.enum(['theory', 'not_reached']).describe('Whether mean-field theory can predict this layer'),
  reason: z.string().nullable().describe('Why theory cannot predict this layer or its gradient'),
  q: number.describe('Predicted mean square of its outputs'),
  gain: number.describe('χ₁: squared norm of the gradient at its input over that at its output'),
  depth_scale: number.describe(
    'Layers like this over which the squared gradient norm changes by e: 1/|ln χ₁|',
  ),
  predicted_forward_rms: number.describe('RMS of its outputs at step 0'),
  predicted_gradient_rms: number.describe('RMS of the loss gradient at its outputs at step 0'),
  predicted_kernel_gradient_rms: number.describe('RMS of the gradient of its kernel at step 0'),
  gradient_spread: number.describe('Standard deviation of log₁₀ of the gradient over initial weights'),
};
