/** @file GET /v1/jobs/{id}/model: the trained network of a run as an ONNX model. */
import { z } from 'zod';
import { defineEndpoint, idParams } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import { bufferOf } from '../../send.ts';
import { resultOf, traceOf } from './known_run.ts';
import { noSuchJob } from './not_found.ts';
import { fileName, findWeights } from './weights.ts';

const MAX_BATCH = 4096;

const query = z.strictObject({
  format: z.enum(['onnx']).default('onnx'),
  run: z
    .string()
    .optional()
    .describe(
      '`baseline/<seed>`, or a run that proves the recommendation. Default: the recommendation, if there is one, else the baseline',
    ),
  at: z
    .enum(['initial', 'final'])
    .default('final')
    .describe('`initial`: before the first update; `final`: after the last'),
  batch_size: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_BATCH)
    .optional()
    .describe('Fixed batch size, for tools that need static shapes; default: any batch size'),
});

export const readJobModel = defineEndpoint({
  method: 'GET',
  url: '/v1/jobs/:id/model',
  operationId: 'readModel',
  tag: 'jobs',
  summary: 'Download the trained network',
  description:
    'The network of a run in inference mode with its weights, as ONNX (operator set 17): input `inputs` [batch, …], ' +
    'output `prediction`.',
  params: idParams,
  query,
  responses: { 200: { description: 'An ONNX file', content: { 'application/octet-stream': z.string() } } },
  errors: ['job_not_finished', 'run_not_found', 'weights_not_found'],
  async answer({ params: { id }, query: { run: wanted, at, batch_size = null }, reply }, dependencies) {
    const { jobs, threads } = dependencies;
    const job = await jobs.get(id);
    if (job === null) throw noSuchJob(id);
    if (job.status !== 'succeeded') throw new HttpProblem('job_not_finished', `the job is ${job.status}`);
    if (job.kind === 'search')
      throw new HttpProblem('weights_not_found', 'a search has no model: post its best network as a job');
    const report = () => resultOf(jobs, id);
    const first = await threads.read('firstTrained', async () => [await report()], undefined);
    const run = await findWeights(dependencies, id, wanted ?? first);
    const load = async () => [await traceOf(jobs, id, run), await report()];
    const file = await threads.read('modelFile', load, { run, at, batch_size });
    return reply
      .type('application/octet-stream')
      .header('content-disposition', fileName(run, `-${at}.onnx`))
      .send(bufferOf(file));
  },
});
