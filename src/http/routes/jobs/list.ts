/** @file GET /v1/jobs: newest first. */
import { z } from 'zod';
import { InvalidCursor, jobSchema, jobStatuses } from '../../../jobs/index.ts';
import { type Endpoint, json, parseQuery } from '../../endpoint.ts';
import { validationFailed } from '../../problem.ts';

const query = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().optional().describe('`next_cursor` of the page before'),
  status: z.enum(jobStatuses).optional(),
});

export const listJobs: Endpoint = {
  method: 'GET',
  url: '/v1/jobs',
  operationId: 'listJobs',
  tag: 'jobs',
  summary: 'List jobs',
  description: 'Newest first, page by page; a cursor stays valid while jobs are added.',
  query,
  responses: {
    200: json(
      'A page of jobs',
      z
        .object({ data: z.array(jobSchema), has_more: z.boolean(), next_cursor: z.string().nullable() })
        .meta({ id: 'JobPage' }),
    ),
  },
  errors: ['validation_failed'],
  async handle(request, reply, { jobs }) {
    try {
      return reply.send(await jobs.list(parseQuery(query, request)));
    } catch (error) {
      if (!(error instanceof InvalidCursor)) throw error;
      throw validationFailed([
        { pointer: '/query/cursor', message: error.message, fix: 'start without a cursor' },
      ]);
    }
  },
};
