/** @file GET /v1/jobs/{id}/series: the measured series of one run as a grid, layers by steps. What a picture is drawn from. */
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../../../diagnosis/index.ts';
import { defineEndpoint, idParams, json } from '../../endpoint.ts';
import { sendJson } from '../../send.ts';
import { traceOf } from './known_run.ts';

const query = z.strictObject({
  run: z.string().describe('`baseline/<seed>` or `<remedy>/<seed>`'),
  tensor: z
    .string()
    .optional()
    .describe('The tensor of each layer; without it, the series of the run as a whole'),
  metric: z.string().optional().describe('One or several, separated by commas; default: all'),
  layer: z.string().optional(),
  max_points: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('The most steps to return: evenly spaced, with the first and the last'),
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
          values: z.array(numberSchema).describe('One value for each step; null: not measured'),
          non_finite: nonFiniteSchema.describe(
            'Indices of the values that are null because they are not finite',
          ),
        }),
      )
      .describe('In the order of the layers'),
    stuck_units: z
      .array(
        z.object({
          layer: z.string(),
          step: z.int(),
          units: z.int(),
          dead: z
            .array(z.int())
            .nullable()
            .describe('Indices of the units that are exactly 0 on every sample'),
          saturated: z
            .array(z.int())
            .nullable()
            .describe('Indices of the units that are saturated on at least 95 % of the samples'),
        }),
      )
      .optional()
      .describe(
        'Which units are stuck, if you asked for the `output` of one `layer`: measured in the last full pass over the training samples. Null if the activation cannot get stuck',
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
    'The same numbers as `statistics`, rounded to six digits: one row for each layer and metric, one column for each measured step. Meant for charts; `statistics` has the exact numbers.',
  params: idParams,
  query,
  responses: { 200: json('The grid', gridSchema) },
  errors: ['run_not_found'],
  async answer(
    { params: { id }, query: { run, tensor = null, metric, layer, max_points }, reply },
    { jobs, threads },
  ) {
    const load = async () => [await traceOf(jobs, id, run)];
    const options = { run, tensor, layer, max_points, metrics: metric?.split(',') };
    return sendJson(reply, await threads.read('gridOfRun', load, options));
  },
});
