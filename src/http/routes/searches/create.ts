/** @file POST /v1/searches: which activation, initializer and normalization suit a network. */
import { z } from 'zod';
import { experimentSchema, parseWith } from '../../../experiment/index.ts';
import { jobSchema } from '../../../jobs/index.ts';
import {
  estimateSearchTrials,
  onSecondData,
  searchOptionsSchema,
  searchRefusal,
} from '../../../study/index.ts';
import { webhookSchema } from '../../../webhooks/index.ts';
import { admit, estimate } from '../../admission.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { searchExamples } from '../../example_requests.ts';
import { parseRequest } from '../../parse_request.ts';
import { validationFailed } from '../../problem.ts';
import {
  type Accepted,
  acceptedOf,
  fingerprintOf,
  submissionErrors,
  submissionHeaders,
  submitJob,
  withoutWebhook,
} from '../../submission.ts';
import type { WorkContext } from '../../work_order.ts';

const bodySchema = z
  .strictObject({
    experiment: experimentSchema,
    ...searchOptionsSchema.shape,
    webhook: webhookSchema.nullish(),
  })
  .meta({ id: 'SearchRequest' });

/** The experiment is parsed by itself, once. */
const givenSchema = bodySchema.extend({ experiment: z.unknown() });

/** In a request thread. */
export function acceptSearch(body: unknown, { limits, workerThreads, fingerprint }: WorkContext): Accepted {
  const { rest, webhook } = withoutWebhook(body);
  const parsed = parseWith(givenSchema, rest, bodySchema);
  if (!parsed.ok) throw validationFailed(parsed.error);
  const { experiment: raw, webhook: _webhook, ...given } = parsed.value;
  const options = parseWith(searchOptionsSchema, given);
  if (!options.ok) throw validationFailed(options.error);
  const { experiment, plan } = parseRequest(raw, '/experiment');
  const refusal = options.value.design === undefined ? null : searchRefusal(experiment);
  if (refusal !== null)
    throw validationFailed([
      {
        pointer: '/experiment/network/layers',
        message: `no activation can be designed for this network: ${refusal}`,
        fix: 'give a network with a hidden layer that has an activation',
      },
    ]);
  const second = options.value.design?.second_data ?? null;
  if (second !== null && onSecondData(experiment, second) === null)
    throw validationFailed([
      {
        pointer: '/design/second_data',
        message: `${second.type} does not fit the network’s input, output and loss`,
        fix: 'name data of the same shapes, or leave it out',
      },
    ]);
  const trials = estimateSearchTrials(experiment, options.value);
  const { flops } = admit(plan, trials, limits);
  return {
    ...acceptedOf(experiment, options.value, webhook),
    estimate: estimate(plan, trials, workerThreads),
    flops,
    fingerprint: fingerprint ? fingerprintOf(experiment, options.value, webhook) : null,
  };
}

export const createSearch = defineEndpoint({
  method: 'POST',
  url: '/v1/searches',
  operationId: 'createSearch',
  tag: 'searches',
  summary: 'Search for better activations',
  description:
    'Trains the network with each activation (and initializer and normalization) on the same seeds. After each round only the better half goes on (successive halving). The ranking is by validation loss, with confidence intervals and gradient health. With `design` the search makes new activations instead. A search is a job: you read, cancel and follow it like any other, and its result is a SearchReport. `experiment.remedies.seeds` is the number of seeds of the last round.',
  headers: submissionHeaders,
  body: { schema: bodySchema, examples: searchExamples },
  responses: { 202: json('Accepted', jobSchema) },
  errors: submissionErrors,
  answer: (call, dependencies) => submitJob(call, dependencies, 'acceptSearch'),
});
