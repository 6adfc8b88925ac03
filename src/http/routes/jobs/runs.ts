/** @file GET /v1/jobs/{id}/runs: the finished trainings of a job. */
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../../../diagnosis/index.ts';
import type { JobService } from '../../../jobs/index.ts';
import { type Patch, patchSchema } from '../../../remedies/index.ts';
import type { Outcome } from '../../../statistics/index.ts';
import type { Report, SearchReport } from '../../../study/index.ts';
import { encodeNonFinite } from '../../../util/json.ts';
import { type Dependencies, type Endpoint, idOf, idParams, json } from '../../endpoint.ts';
import { noSuchJob } from './not_found.ts';

const runSchema = z.object({
  run: z.string().describe('The name by which `statistics`, `series`, `weights` and `model` know it'),
  arm: z
    .string()
    .describe('`baseline`, a remedy, several joined by +, a control, or a candidate of a search'),
  seed: z.int(),
  patch: patchSchema.nullable().describe('What the arm changes; null until the report tells'),
  steps_completed: z.int(),
  initial_loss: numberSchema,
  final_loss: numberSchema,
  validation_loss: numberSchema,
  final_accuracy: numberSchema,
  diverged_at_step: z.int().nullable(),
  non_finite: nonFiniteSchema,
});

/** Arms of a study by name. */
function patchesOf({ remedies, controls, combinations, recommendation }: Report): Map<string, Patch> {
  return new Map([
    ['baseline', []],
    ...controls.map(({ control, patch }): [string, Patch] => [control, patch]),
    ...remedies.map(({ remedy, patch }): [string, Patch] => [remedy, patch]),
    ...combinations.map((one): [string, Patch] => [one.remedies.join('+'), one.patch]),
    ...(recommendation === null
      ? []
      : [[recommendation.remedies.join('+'), recommendation.patch] as [string, Patch]]),
  ]);
}

async function knownPatches(jobs: JobService, id: string): Promise<Map<string, Patch>> {
  const result = await jobs.result(id);
  if (result === null) return new Map([['baseline', []]]);
  const report = JSON.parse(result.toString()) as Report | SearchReport;
  return 'kind' in report ? new Map([['baseline', []]]) : patchesOf(report);
}

/** Of a run that an earlier version has stored. */
async function outcomeInTrace(
  id: string,
  run: string,
  { jobs, threads }: Dependencies,
): Promise<Outcome | null> {
  const trace = await jobs.encodedTrace(id, run);
  return trace === null ? null : threads.read('runOutcome', [trace], undefined);
}

export const readRuns: Endpoint = {
  method: 'GET',
  url: '/v1/jobs/:id/runs',
  operationId: 'readRuns',
  tag: 'jobs',
  summary: 'List the runs of a job',
  description: 'Every finished training, baseline first, also while the job still runs.',
  params: idParams,
  responses: { 200: json('The runs', z.object({ data: z.array(runSchema) }).meta({ id: 'Runs' })) },
  errors: ['job_not_found'],
  async handle(request, reply, dependencies) {
    const { jobs } = dependencies;
    const id = idOf(request);
    if ((await jobs.get(id)) === null) throw noSuchJob(id);
    const patches = await knownPatches(jobs, id);
    const outcomes = await jobs.outcomes(id);
    const data: z.input<typeof runSchema>[] = [];
    for (const run of await jobs.runs(id)) {
      const arm = run.slice(0, run.lastIndexOf('/'));
      const outcome = outcomes.get(run) ?? (await outcomeInTrace(id, run, dependencies));
      if (outcome !== null) data.push({ run, arm, patch: patches.get(arm) ?? null, ...outcome });
    }
    return reply.send(encodeNonFinite({ data }));
  },
};
