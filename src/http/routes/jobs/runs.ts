/** @file GET /v1/jobs/{id}/runs: the finished trainings of a job. */
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../../../diagnosis/index.ts';
import { patchSchema } from '../../../remedies/index.ts';
import type { Outcome } from '../../../statistics/index.ts';
import { type Dependencies, defineEndpoint, idParams, json } from '../../endpoint.ts';
import type { FinishedRun } from '../../readings/runs.ts';
import { sendJson } from '../../send.ts';
import { traceOf } from './known_run.ts';
import { noSuchJob } from './not_found.ts';

const runSchema = z.object({
  run: z.string().describe('The name to give to `statistics`, `series`, `weights` and `model`'),
  arm: z
    .string()
    .describe('`baseline`, a remedy, several joined by +, a control, or a candidate of a search'),
  seed: z.int(),
  patch: patchSchema.nullable().describe('What the arm changes; null until there is a report'),
  steps_completed: z.int(),
  initial_loss: numberSchema,
  final_loss: numberSchema,
  validation_loss: numberSchema,
  final_accuracy: numberSchema,
  diverged_at_step: z.int().nullable(),
  non_finite: nonFiniteSchema,
});

/** Reads the outcome from the trace, for a run that an earlier version has stored. */
const outcomeInTrace = (id: string, run: string, { jobs, threads }: Dependencies): Promise<Outcome> =>
  threads.read('runOutcome', async () => [await traceOf(jobs, id, run)], undefined);

export const readRuns = defineEndpoint({
  method: 'GET',
  url: '/v1/jobs/:id/runs',
  operationId: 'readRuns',
  tag: 'jobs',
  summary: 'List the runs of a job',
  description: 'Every finished training, the baseline first. Also while the job is still running.',
  params: idParams,
  responses: { 200: json('The runs', z.object({ data: z.array(runSchema) }).meta({ id: 'Runs' })) },
  async answer({ params: { id }, reply }, dependencies) {
    const { jobs, threads } = dependencies;
    if ((await jobs.get(id)) === null) throw noSuchJob(id);
    const known = await jobs.outcomes(id);
    const runs: FinishedRun[] = [];
    for (const run of await jobs.runs(id)) {
      const outcome = known.get(run) ?? (await outcomeInTrace(id, run, dependencies));
      runs.push({ run, outcome });
    }
    const load = async () => {
      const report = await jobs.result(id);
      return report === null ? [] : [report];
    };
    return sendJson(reply, await threads.read('runList', load, { runs }));
  },
});
