/** @file POST /v1/activations/evaluate: values and derivatives of an activation. */
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../../../diagnosis/index.ts';
import { problemsOf } from '../../../experiment/index.ts';
import { activationSchema, resolveActivation } from '../../../network/index.ts';
import { encodeNonFinite } from '../../../util/json.ts';
import { type Endpoint, json } from '../../endpoint.ts';
import { validationFailed } from '../../problem.ts';

const bodySchema = z
  .strictObject({ activation: activationSchema, inputs: z.array(z.number()).min(1).max(10_000) })
  .meta({ id: 'ActivationQuestion', examples: [{ activation: 'sigmoid', inputs: [-1, 0, 1] }] });

export const evaluateActivation: Endpoint = {
  method: 'POST',
  url: '/v1/activations/evaluate',
  operationId: 'evaluateActivation',
  tag: 'activations',
  summary: 'Evaluate an activation',
  description:
    'φ(x) and φ′(x) in float64 at every input, so σ′(1) = 0.19661…; of softmax, the inputs are one vector and the ' +
    'derivatives the diagonal of its Jacobian.',
  body: { schema: bodySchema },
  responses: {
    200: json(
      'Values and derivatives, one for each input',
      z
        .object({
          values: z.array(numberSchema),
          derivatives: z.array(numberSchema),
          non_finite: nonFiniteSchema,
        })
        .meta({ id: 'ActivationValues' }),
    ),
  },
  errors: [
    'validation_failed',
    'malformed_json',
    'json_too_deep',
    'body_too_large',
    'unsupported_media_type',
  ],
  async handle(request, reply) {
    const parsed = bodySchema.safeParse(request.body);
    if (!parsed.success) throw validationFailed(problemsOf(parsed.error, bodySchema, request.body));
    const { activation, inputs } = parsed.data;
    return reply.send(encodeNonFinite(resolveActivation(activation).evaluate(inputs)));
  },
};
