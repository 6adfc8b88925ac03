/** @file GET /v1/jobs/{id}/model: the trained network of a run as an ONNX model. */
import { z } from 'zod';
import type { ReportedExperiment } from '../../../experiment/index.ts';
import { exportOnnx } from '../../../export/index.ts';
import type { Report } from '../../../study/index.ts';
import { decodeSafetensors } from '../../../util/safetensors.ts';
import { type Endpoint, idOf, idParams, parseQuery } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import { noSuchJob } from './not_found.ts';
import { fileName, readWeights } from './weights.ts';

const MAX_BATCH = 4096;

const query = z.strictObject({
  format: z.enum(['onnx']).default('onnx'),
  run: z
    .string()
    .optional()
    .describe(
      '`baseline/<seed>`, or a run that proves the recommendation; by default of the recommendation, if there is one',
    ),
  at: z.enum(['initial', 'final']).default('final').describe('Before the first update, or after the last'),
  batch_size: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_BATCH)
    .default(1)
    .describe('Shapes are static: samples per run'),
});

interface Trained {
  /** The name of its runs, before the seed. */
  readonly name: string;
  readonly experiment: Pick<ReportedExperiment, 'network'>;
  readonly run: string;
}

/** What of the report has weights: the baseline, and the recommendation. */
function trainedIn({ experiment, baseline, recommendation }: Report): Trained[] {
  const first = `baseline/${baseline.runs[0]?.seed}`;
  const known = [{ name: 'baseline', experiment, run: first }];
  if (recommendation === null) return known;
  const name = recommendation.remedies.join('+');
  const recommended = {
    name,
    experiment: recommendation.experiment,
    run: `${name}/${recommendation.seeds[0]}`,
  };
  return [recommended, ...known];
}

export const readJobModel: Endpoint = {
  method: 'GET',
  url: '/v1/jobs/:id/model',
  operationId: 'readModel',
  tag: 'jobs',
  summary: 'Download the trained network',
  description:
    'The network of a run in inference mode with its weights, as ONNX (operator set 17): input `inputs` [batch_size, …], ' +
    'output `prediction`.',
  params: idParams,
  query,
  responses: { 200: { description: 'An ONNX file', content: { 'application/octet-stream': z.string() } } },
  errors: ['job_not_found', 'job_not_finished', 'run_not_found', 'weights_not_found', 'validation_failed'],
  async handle(request, reply, { jobs }) {
    const id = idOf(request);
    const { run: wanted, at, batch_size } = parseQuery(query, request);
    const job = await jobs.get(id);
    if (job === null) throw noSuchJob(id);
    const report = job.status === 'succeeded' ? await jobs.result(id) : null;
    if (report === null) throw new HttpProblem('job_not_finished', `the job is ${job.status}`);
    if (job.kind === 'search')
      throw new HttpProblem('weights_not_found', 'a search has no model: post its best network as a job');
    const trained = trainedIn(JSON.parse(report.toString()) as Report);
    const { run, weights } = await readWeights(jobs, id, wanted ?? trained[0]?.run);
    const source = trained.find(({ name }) => run.startsWith(`${name}/`));
    const tensors = decodeSafetensors(weights[at]);
    if (source === undefined || !tensors.ok)
      throw new Error(`no experiment belongs to the weights of ${run}`);
    return reply
      .type('application/octet-stream')
      .header('content-disposition', fileName(run, `-${at}.onnx`))
      .send(Buffer.from(exportOnnx(source.experiment, tensors.value, batch_size)));
  },
};
