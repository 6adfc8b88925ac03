/** @file POST /v1/activations/compare: activations side by side, by theory and by curve. */
import { z } from 'zod';
import { parseWith } from '../../../experiment/index.ts';
import { type ActivationConfig, activationSchema, operationsOf } from '../../../network/index.ts';
import { compareActivations, comparedSchema } from '../../../preflight/index.ts';
import { encodeNonFinite } from '../../../util/json.ts';
import { list } from '../../../util/list.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { HttpProblem, validationFailed } from '../../problem.ts';
import { answerWork } from '../../request_work.ts';

const bodySchema = z
  .strictObject({
    activations: list(activationSchema).min(1).max(10),
    depth: z.int().min(1).max(1000).default(20).describe('Layers of the stacks that are compared'),
  })
  .meta({ id: 'ActivationComparison', examples: [{ activations: ['sigmoid', 'relu'], depth: 20 }] });

/**
 * Of all formulas together. Their expectations are integrated over and over, also to tailor them: an operation takes a thread 25 to
 * 70 ms, so that the whole ends well within the time of a request. Ten formulas such as GELU's have fewer.
 */
const MAX_OPERATIONS = 150;

/** @throws HttpProblem experiment_too_large, before anything is computed */
function refuseTooMany(activations: readonly ActivationConfig[]): void {
  const value = activations.reduce((sum, config) => sum + operationsOf(config), 0);
  if (value <= MAX_OPERATIONS) return;
  throw new HttpProblem(
    'experiment_too_large',
    `the formulas have ${value} operations together, of at most ${MAX_OPERATIONS}: compare fewer or shorter ones at a time`,
    { limits: [{ name: 'operations', value, limit: MAX_OPERATIONS }] },
  );
}

/** In a request thread. */
export function compareGiven(body: unknown): string {
  const parsed = parseWith(bodySchema, body);
  if (!parsed.ok) throw validationFailed(parsed.error);
  const { activations, depth } = parsed.value;
  refuseTooMany(activations);
  return JSON.stringify(encodeNonFinite({ depth, activations: compareActivations(activations, depth) }));
}

export const compareActivationsEndpoint = defineEndpoint({
  method: 'POST',
  url: '/v1/activations/compare',
  operationId: 'compareActivations',
  tag: 'activations',
  summary: 'Compare activations',
  description:
    'Gain, depth scale, best weight scale (edge of chaos) and what a stack of layers does to gradients, by mean-field ' +
    'theory; saturation, dead zones and the curve with its derivative.',
  body: { schema: bodySchema },
  responses: {
    200: json(
      'One entry for each activation, in the order asked for',
      z.object({ depth: z.int(), activations: list(comparedSchema) }).meta({ id: 'ComparedActivations' }),
    ),
  },
  answer: answerWork('compare'),
});
