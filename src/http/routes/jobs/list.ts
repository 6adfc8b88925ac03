/** @file GET /v1/jobs: newest first. */
import { z } from 'zod';
import { verdicts } from '../../../diagnosis/index.ts';
import { keyAdvice } from '../../../experiment/index.ts';
import { InvalidCursor, jobKinds, jobSchema, jobStatuses } from '../../../jobs/index.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { validationFailed } from '../../problem.ts';

const query = z
  .object({
    limit: z.coerce.number().int().min(1).max(100).default(20),
    cursor: z.string().optional().describe('`next_cursor` of the previous page'),
    status: z.enum(jobStatuses).optional(),
    verdict: z.enum(verdicts).optional().describe('Only jobs that ended with this verdict'),
    kind: z.enum(jobKinds).optional(),
    name: z
      .string()
      .max(200)
      .optional()
      .describe(
        'Only jobs whose name contains this text. Case is ignored (on PostgreSQL by the rules of its locale)',
      ),
    text: z
      .string()
      .max(200)
      .optional()
      .describe(
        'Only jobs that contain each of these words in the name, the id, a finding, a recommended remedy or the metadata (as key=value). Case is ignored',
      ),
  })
  .catchall(z.string().max(500));

/** `metadata.ticket=ML-42` */
const METADATA = /^metadata\.(.{1,64})$/s;

const KNOWN = [...Object.keys(query.shape), 'metadata.<key>'];

function metadataOf(rest: Readonly<Record<string, unknown>>): Record<string, string> {
  const pairs = Object.entries(rest).map(([key, value]) => ({
    key,
    name: METADATA.exec(key)?.[1],
    value: String(value),
  }));
  const unknown = pairs.filter(({ name }) => name === undefined);
  if (unknown.length > 0) {
    throw validationFailed(
      unknown.map(({ key }) => ({
        pointer: `/query/${key.slice(0, 100)}`,
        message: `unknown key "${key.slice(0, 100)}"`,
        fix: keyAdvice(key, KNOWN),
      })),
    );
  }
  return Object.fromEntries(pairs.map(({ name, value }) => [name as string, value]));
}

export const listJobs = defineEndpoint({
  method: 'GET',
  url: '/v1/jobs',
  operationId: 'listJobs',
  tag: 'jobs',
  summary: 'List jobs',
  description:
    'Newest first, page by page. A cursor stays valid while jobs are added. `?metadata.ticket=ML-42` lists only jobs whose metadata contain this pair.',
  query,
  responses: {
    200: json(
      'A page of jobs',
      z
        .object({ data: z.array(jobSchema), has_more: z.boolean(), next_cursor: z.string().nullable() })
        .meta({ id: 'JobPage' }),
    ),
  },
  async answer({ query: { limit, cursor, status, verdict, kind, name, text, ...rest }, reply }, { jobs }) {
    try {
      const filter = { status, verdict, kind, name, text, metadata: metadataOf(rest) };
      return reply.send(await jobs.list({ limit, cursor, ...filter }));
    } catch (error) {
      if (!(error instanceof InvalidCursor)) throw error;
      throw validationFailed([
        { pointer: '/query/cursor', message: error.message, fix: 'start without a cursor' },
      ]);
    }
  },
});
