/** @file POST /v1/activations/evaluate: values and derivatives of an activation. */
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../../../diagnosis/index.ts';
import { parseWith } from '../../../experiment/index.ts';
import { activationSchema, resolveActivation } from '../../../network/index.ts';
import { encodeNonFinite } from '../../../util/json.ts';
import { list } from '../../../util/list.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { validationFailed } from '../../problem.ts';
import { answerWork } from '../../request_work.ts';

const bodySchema = z
  .strictObject({ activation: activationSchema, inputs: list(z.number()).min(1).max(10_000) })
  .meta({ id: 'ActivationQuestion', examples: [{ activation: 'sigmoid', inputs: [-1, 0, 1] }] });

/** In a request thread. */
export function evaluateGiven(body: unknown): string {
  const parsed = parseWith(bodySchema, body);
  if (!parsed.ok) throw validationFailed(parsed.error);
  const { activation, inputs } = parsed.value;
  return JSON.stringify(encodeNonFinite(resolveActivation(activation).evaluate(inputs)));
}

export const evaluateActivation = defineEndpoint({
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
          values: list(numberSchema),
          derivatives: list(numberSchema),
          non_finite: nonFiniteSchema,
        })
        .meta({ id: 'ActivationValues' }),
    ),
  },
  answer: answerWork('evaluate'),
});
