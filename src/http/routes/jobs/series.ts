/** @file GET /v1/jobs/{id}/series: the measured series of one run as a grid, layers by steps. What a picture is drawn from. */
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../../../diagnosis/index.ts';
import { defineEndpoint, idParams, json } from '../../endpoint.ts';
import { sendJson } from '../../send.ts';
import { traceOf } from './known_run.ts';

const query = z.strictObject({
  run: z.string().describe('`baseline/<seed>` or `<remedy>/<seed>`'),
  tensor: z.string().optional().describe('Of each layer; the series of the run as a whole unless given'),
  metric: z.string().optional().describe('One or several, separated by commas; all unless given'),
  layer: z.string().optional(),
  max_points: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('At most so many steps, evenly spaced, the first and the last among them'),
});

const gridSchema = z
  .object({
    run: z.string(),
    tensor: z.string().nullable(),
    steps: z.array(z.int()),
    rows: z
      .array(
        z.object({
          layer: z.string().nullable(),
          metric: z.string(),
          values: z.array(numberSchema).describe('One for each step; null where nothing was measured'),
          non_finite: nonFiniteSchema.describe('Which values are null because they are not finite, by index'),
        }),
      )
      .describe('In the order of the layers’ depth'),
    stuck_units: z
      .array(
        z.object({
          layer: z.string(),
          step: z.int(),
          units: z.int(),
          dead: z.array(z.int()).nullable().describe('Exactly 0 on every sample, by index'),
          saturated: z
            .array(z.int())
            .nullable()
            .describe('Saturated on at least 95 % of the samples, by index'),
        }),
      )
      .optional()
      .describe(
        'Of the `output` of one `layer`: which of its units are stuck, as the last full pass over the training samples found them. ' +
          'Null where its activation has no such state',
      ),
  })
  .meta({ id: 'Grid' });

export const readSeries = defineEndpoint({
  method: 'GET',
  url: '/v1/jobs/:id/series',
  operationId: 'readSeries',
  tag: 'jobs',
  summary: 'Read the measured series as a grid',
  description:
    'What `statistics` has as rows, without the repetition, to six digits: one row for each layer and metric, one column for ' +
    'each probed step. For pictures; exact numbers are in `statistics`.',
  params: idParams,
  query,
  responses: { 200: json('The grid', gridSchema) },
  errors: ['run_not_found'],
  async answer(
    { params: { id }, query: { run, tensor = null, metric, layer, max_points }, reply },
    { jobs, threads },
  ) {
    const trace = await traceOf(jobs, id, run);
    const options = { run, tensor, layer, max_points, metrics: metric?.split(',') };
    return sendJson(reply, await threads.read('gridOfRun', [trace], options));
  },
});
