/** @file POST /v1/preflight: what can be said of an experiment without training it. */
import { z } from 'zod';
import { nonFiniteSchema, staticFindingSchema, staticFindings } from '../../../diagnosis/index.ts';
import { experimentSchema } from '../../../experiment/index.ts';
import { estimateSchema } from '../../../jobs/index.ts';
import { forecastFields, predict } from '../../../preflight/index.ts';
import { estimateTrials } from '../../../study/index.ts';
import { encodeNonFinite } from '../../../util/json.ts';
import { estimate, excesses } from '../../admission.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { experimentOrImport, requestedExperimentSchema } from '../../import_work.ts';
import { parseRequest } from '../../parse_request.ts';
import { answerWork, namedModelErrors } from '../../request_work.ts';
import type { WorkContext } from '../../work_order.ts';

const responseSchema = z
  .object({
    valid: z.literal(true),
    admissible: z.boolean().describe('Whether POST /v1/jobs would accept it'),
    limits_exceeded: z.array(z.object({ name: z.string(), value: z.number(), limit: z.number() })),
    parameters: z.int(),
    covers: z.boolean().describe('Whether theory predicts every layer, gradients included'),
    layers: z.array(
      z.object({
        layer: z.string(),
        type: z.string(),
        activation: z.string().nullable(),
        inputs: z
          .array(z.string())
          .describe(
            'Where its input comes from: layers and inputs of the network. For a layer that contains others, also the last of those',
          ),
        input_shape: z.array(z.int()),
        output_shape: z.array(z.int()),
        parameters: z.int(),
        ...forecastFields,
        non_finite: nonFiniteSchema,
      }),
    ),
    findings: z
      .array(staticFindingSchema)
      .describe('What will go wrong, as far as one can tell without training'),
    estimate: estimateSchema,
    steps: z.int(),
    batch_size: z.int().describe('At most the size of the training split'),
    training_samples: z.int(),
    validation_samples: z.int(),
    memory_bytes: z.number().describe('Upper bound for one training'),
    trace_bytes: z.number().describe('Size of the series that one training stores'),
    experiment: experimentSchema.describe('The experiment with every default filled in'),
  })
  .meta({ id: 'Preflight' });

/** In a request thread. */
export function preflight(body: unknown, { limits, workerThreads }: WorkContext): string {
  const { experiment, plan } = parseRequest(body, '', experimentOrImport);
  const trials = estimateTrials(experiment);
  const prediction = predict(experiment, plan);
  const over = excesses(plan, trials, limits);
  return JSON.stringify({
    valid: true,
    admissible: over.length === 0,
    limits_exceeded: over,
    parameters: plan.parameter_count,
    covers: prediction.covers,
    layers: plan.layers.map(
      ({ name, type, activation, inputs, input_shape, output_shape, parameters }, i) => ({
        layer: name,
        type,
        activation: activation?.name ?? null,
        inputs: [...inputs],
        input_shape,
        output_shape,
        parameters,
        ...encodeNonFinite(prediction.layers[i]),
      }),
    ),
    findings: staticFindings(experiment, plan, prediction.data, prediction).map(encodeNonFinite),
    estimate: estimate(plan, trials, workerThreads),
    steps: plan.steps,
    batch_size: plan.batch_size,
    training_samples: plan.training_samples,
    validation_samples: plan.validation_samples,
    memory_bytes: plan.memory_bytes,
    trace_bytes: plan.trace_bytes,
    experiment,
  });
}

export const createPreflight = defineEndpoint({
  method: 'POST',
  url: '/v1/preflight',
  operationId: 'createPreflight',
  tag: 'preflight',
  summary: 'Check an experiment',
  description:
    'Trains nothing. The answer says whether the experiment is valid, the shapes and parameters of every layer, the values and gradients that mean-field theory predicts for the first step, and what the whole study will cost.',
  body: { schema: requestedExperimentSchema, examples: 'experiments' },
  responses: { 200: json('The experiment is valid', responseSchema) },
  errors: [...namedModelErrors, 'quota_exceeded'],
  answer: answerWork('preflight'),
});
