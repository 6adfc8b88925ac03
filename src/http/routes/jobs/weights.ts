/** @file GET /v1/jobs/{id}/weights: the weights of a run, from before its first or after its last update. */
import { z } from 'zod';
import type { JobService } from '../../../jobs/index.ts';
import type { TracedWeights } from '../../../statistics/index.ts';
import { type Endpoint, idOf, idParams, parseQuery } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import { noSuchRun } from './known_run.ts';
import { noSuchJob } from './not_found.ts';

const query = z.strictObject({
  run: z
    .string()
    .optional()
    .describe('`baseline/<seed>`, or a run that proves the recommendation; by default the first'),
  at: z.enum(['initial', 'final']).default('final').describe('Before the first update, or after the last'),
});

interface KeptWeights {
  readonly run: string;
  readonly weights: TracedWeights;
}

/**
 * The weights of a run.
 * @param wanted by default the first run of which weights were kept
 * @throws HttpProblem job_not_found, run_not_found, weights_not_found
 */
export async function readWeights(jobs: JobService, id: string, wanted?: string): Promise<KeptWeights> {
  if ((await jobs.get(id)) === null) throw noSuchJob(id);
  const runs = await jobs.runs(id);
  if (wanted !== undefined && !runs.includes(wanted)) throw noSuchRun(wanted, runs);
  for (const run of wanted === undefined ? runs : [wanted]) {
    const weights = (await jobs.trace(id, run))?.weights ?? null;
    if (weights !== null) return { run, weights };
  }
  const others = wanted === undefined ? [] : await runsWithWeights(jobs, id, runs);
  const kept =
    'weights are kept of the baseline and of the runs that prove the recommendation, up to 5 million parameters';
  throw new HttpProblem(
    'weights_not_found',
    wanted === undefined
      ? `no run is finished yet; ${kept}`
      : `not of "${wanted}", but of: ${others.join(', ') || 'none'}; ${kept}`,
  );
}

/** Enough to go on with; each is a trace that is read. */
const SHOWN_RUNS = 8;

async function runsWithWeights(jobs: JobService, id: string, runs: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const run of runs) {
    if (found.length >= SHOWN_RUNS) break;
    if ((await jobs.trace(id, run))?.weights != null) found.push(run);
  }
  return found;
}

/** A run's name as part of a file name. */
export const fileName = (run: string, suffix: string): string =>
  `attachment; filename="${run.replaceAll(/[^A-Za-z0-9_.+-]/g, '-')}${suffix}"`;

export const readJobWeights: Endpoint = {
  method: 'GET',
  url: '/v1/jobs/:id/weights',
  operationId: 'readWeights',
  tag: 'jobs',
  summary: 'Download weights',
  description:
    'All parameters and running averages of a run by name, float32, as a safetensors file: ' +
    '`safetensors.torch.load_file`, `safetensors.numpy.load_file`, or, in base64, `training.initial_weights`.',
  params: idParams,
  query,
  responses: {
    200: { description: 'A safetensors file', content: { 'application/octet-stream': z.string() } },
  },
  errors: ['job_not_found', 'run_not_found', 'weights_not_found', 'validation_failed'],
  async handle(request, reply, { jobs }) {
    const { run: wanted, at } = parseQuery(query, request);
    const { run, weights } = await readWeights(jobs, idOf(request), wanted);
    return reply
      .type('application/octet-stream')
      .header('content-disposition', fileName(run, `-${at}.safetensors`))
      .send(Buffer.from(weights[at]));
  },
};
