/** @file GET /v1/jobs/{id}/weights: the weights of a run, from before its first or after its last update. */
import { z } from 'zod';
import { type Dependencies, defineEndpoint, idParams } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import { weightLayouts } from '../../readings/trained.ts';
import { bufferOf } from '../../send.ts';
import { noSuchRun, traceOf } from './known_run.ts';
import { noSuchJob } from './not_found.ts';

const query = z.strictObject({
  run: z
    .string()
    .optional()
    .describe('`baseline/<seed>`, or a run that proves the recommendation. Default: the first baseline run'),
  at: z
    .enum(['initial', 'final'])
    .default('final')
    .describe('`initial`: before the first update; `final`: after the last'),
  layout: z
    .enum(weightLayouts)
    .default('gradclinic')
    .describe(
      '`torch`: with the names, shapes and gate order of the model in the report’s PyTorch code, so that `model.load_state_dict(load_file(…))` works',
    ),
});

/** Enough to go on with; each is a trace that is read. */
const SHOWN_RUNS = 8;

/** Runs of which weights were kept. */
async function* kept({ jobs, threads }: Dependencies, id: string, runs: readonly string[]) {
  for (const run of runs) {
    const load = async () => [await traceOf(jobs, id, run)];
    if (await threads.read('keepsWeights', load, undefined)) yield run;
  }
}

const KEPT =
  'weights are kept of the baseline and of the runs that prove the recommendation, up to 5 million parameters';

/**
 * A run whose trace has weights.
 * @param wanted by default the first run of which weights were kept
 * @throws HttpProblem job_not_found, run_not_found, weights_not_found
 */
export async function findWeights(dependencies: Dependencies, id: string, wanted?: string): Promise<string> {
  const { jobs } = dependencies;
  if ((await jobs.get(id)) === null) throw noSuchJob(id);
  const runs = await jobs.runs(id);
  if (wanted !== undefined && !runs.includes(wanted)) throw noSuchRun(wanted, runs);
  for await (const found of kept(dependencies, id, wanted === undefined ? runs : [wanted])) return found;
  if (wanted === undefined) throw new HttpProblem('weights_not_found', `no run is finished yet; ${KEPT}`);
  const others: string[] = [];
  for await (const run of kept(dependencies, id, runs)) {
    others.push(run);
    if (others.length >= SHOWN_RUNS) break;
  }
  const detail = `not of "${wanted}", but of: ${others.join(', ') || 'none'}; ${KEPT}`;
  throw new HttpProblem('weights_not_found', detail);
}

/** A run's name as part of a file name. */
export const fileName = (run: string, suffix: string): string =>
  `attachment; filename="${run.replaceAll(/[^A-Za-z0-9_.+-]/g, '-')}${suffix}"`;

export const readJobWeights = defineEndpoint({
  method: 'GET',
  url: '/v1/jobs/:id/weights',
  operationId: 'readWeights',
  tag: 'jobs',
  summary: 'Download weights',
  description:
    'All parameters and running averages of a run by name, in float32, as a safetensors file. Load it with `safetensors.torch.load_file` or `safetensors.numpy.load_file`, or give it in base64 as `training.initial_weights`. Its `__metadata__` names the framework, the layout, the run, and the SHA-256 of the experiment.',
  params: idParams,
  query,
  responses: {
    200: { description: 'A safetensors file', content: { 'application/octet-stream': z.string() } },
  },
  errors: ['job_not_finished', 'run_not_found', 'weights_not_found'],
  async answer({ params: { id }, query: { run: wanted, at, layout }, reply }, dependencies) {
    const { jobs, threads } = dependencies;
    const run = await findWeights(dependencies, id, wanted);
    const load = async () => {
      const report = await jobs.result(id);
      const accepted = report === null ? await jobs.experiment(id) : null;
      return [await traceOf(jobs, id, run), report ?? new Uint8Array(), accepted ?? new Uint8Array()];
    };
    const file = await threads.read('weightsFile', load, { run, at, layout });
    return reply
      .type('application/octet-stream')
      .header('content-disposition', fileName(run, `-${at}${layout === 'torch' ? '-torch' : ''}.safetensors`))
      .send(bufferOf(file));
  },
});
