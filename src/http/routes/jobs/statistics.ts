/** @file GET /v1/jobs/{id}/statistics: the measured series, as rows, page by page. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../../../diagnosis/index.ts';
import type { JobService } from '../../../jobs/index.ts';
import { pageOf, type Row } from '../../../statistics/index.ts';
import { encodeNonFinite } from '../../../util/json.ts';
import { type Endpoint, idOf, idParams, parseQuery } from '../../endpoint.ts';
import { validationFailed } from '../../problem.ts';
import { noSuchRun } from './known_run.ts';
import { noSuchJob } from './not_found.ts';

const step = z.coerce.number().int().min(0).optional();

const query = z.strictObject({
  run: z
    .string()
    .optional()
    .describe('`baseline/<seed>` or `<remedy>/<seed>`; all finished runs unless given'),
  layer: z.string().optional(),
  tensor: z.string().optional(),
  metric: z.string().optional(),
  from_step: step,
  to_step: step,
  max_points: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('At most so many steps of each series'),
  limit: z.coerce.number().int().min(1).max(100_000).default(10_000).describe('Rows of a page'),
  cursor: z.string().optional().describe('`next_cursor` of the page before'),
  format: z.enum(['json', 'csv']).default('json'),
});

const rowSchema = z.object({
  run: z.string(),
  step: z.int(),
  layer: z.string().nullable(),
  tensor: z.string().nullable(),
  metric: z.string(),
  value: numberSchema,
  non_finite: nonFiniteSchema,
});

const pageSchema = z
  .object({ data: z.array(rowSchema), has_more: z.boolean(), next_cursor: z.string().nullable() })
  .meta({ id: 'StatisticsPage' });

/** The next row: its run, and its place among the run's rows. */
interface Position {
  readonly run: string;
  readonly offset: number;
}

type Filter = z.output<typeof query>;

/** An offset means something only among the rows that it was counted in. */
function filterMark({ run, layer, tensor, metric, from_step, to_step, max_points }: Filter): string {
  const text = JSON.stringify([run, layer, tensor, metric, from_step, to_step, max_points]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}

const encodeCursor = ({ run, offset }: Position, filter: Filter) =>
  Buffer.from(`${offset} ${filterMark(filter)} ${run}`).toString('base64url');

function decodeCursor(cursor: string, runs: readonly string[], filter: Filter): Position {
  const match = /^(\d{1,12}) (\S+) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString());
  const run = match?.[3];
  if (run !== undefined && runs.includes(run) && match?.[2] === filterMark(filter)) {
    return { run, offset: Number(match[1]) };
  }
  throw validationFailed([
    {
      pointer: '/query/cursor',
      message: 'the cursor was not made for this query',
      fix: 'start without a cursor',
    },
  ]);
}

interface Page {
  readonly rows: Row[];
  readonly next: Position | null;
}

async function readPage(
  jobs: JobService,
  id: string,
  runs: readonly string[],
  start: Position | null,
  filter: Filter,
): Promise<Page> {
  const rows: Row[] = [];
  const first = start === null ? 0 : runs.indexOf(start.run);
  for (const run of runs.slice(first)) {
    const trace = await jobs.trace(id, run);
    if (trace === null) continue;
    const offset = run === start?.run ? start.offset : 0;
    const page = pageOf(run, trace, filter, offset, filter.limit - rows.length);
    // One by one: so many rows at once would not fit on the stack as arguments.
    for (const row of page.rows) rows.push(row);
    const end = offset + page.rows.length;
    if (end < page.total) return { rows, next: { run, offset: end } };
  }
  return { rows, next: null };
}

const csvNumber = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';

const toCsv = (rows: readonly Row[]): string =>
  [
    'run,step,layer,tensor,metric,value',
    ...rows.map((row) =>
      [row.run, row.step, row.layer ?? '', row.tensor ?? '', row.metric, csvNumber(row.value)].join(','),
    ),
  ]
    .join('\n')
    .concat('\n');

export const readStatistics: Endpoint = {
  method: 'GET',
  url: '/v1/jobs/:id/statistics',
  operationId: 'readStatistics',
  tag: 'jobs',
  summary: 'Read the measured series',
  description:
    'Rows { run, step, layer, tensor, metric, value }, run by run (baseline first) and step by step; also of a job that ' +
    'still runs, for its finished runs. CSV pages are continued by the `Link` header.',
  params: idParams,
  query,
  responses: {
    200: {
      description: 'A page of rows',
      content: { 'application/json': pageSchema, 'text/csv': z.string() },
    },
  },
  errors: ['job_not_found', 'run_not_found', 'validation_failed'],
  async handle(request, reply, { jobs }) {
    const id = idOf(request);
    const filter = parseQuery(query, request);
    if ((await jobs.get(id)) === null) throw noSuchJob(id);
    const known = await jobs.runs(id);
    if (filter.run !== undefined && !known.includes(filter.run)) {
      throw noSuchRun(filter.run, known);
    }
    const runs = filter.run === undefined ? known : [filter.run];
    const start = filter.cursor === undefined ? null : decodeCursor(filter.cursor, runs, filter);
    const { rows, next } = await readPage(jobs, id, runs, start, filter);
    const cursor = next === null ? null : encodeCursor(next, filter);
    if (filter.format === 'json') {
      return reply.send({ data: rows.map(encodeNonFinite), has_more: cursor !== null, next_cursor: cursor });
    }
    if (cursor !== null) {
      const url = new URL(request.url, 'http://localhost');
      url.searchParams.set('cursor', cursor);
      reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
    }
    return reply.type('text/csv; charset=utf-8').send(toCsv(rows));
  },
};
