/** @file GET /v1/jobs/{id}/statistics: the measured series, as rows, page by page. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
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
  format: z.enum(['json', 'csv']).optional().describe('Default: JSON, or CSV with `Accept: text/csv`'),
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

/** RFC 4180: a cell with a comma, a quote or a line end stands in quotes; a run's name may hold commas. */
const csvText = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const csvLine = (row: Row): string =>
  `${csvText(row.run)},${row.step},${csvText(row.layer ?? '')},${csvText(row.tensor ?? '')},${row.metric},${csvNumber(row.value)}\n`;

/** Rows that are made at a time. */
const CSV_ROWS = 10_000;

/** Every row that the filter leaves, a piece at a time. */
async function* csvOf(
  jobs: JobService,
  id: string,
  runs: readonly string[],
  start: Position | null,
  filter: Filter,
) {
  yield 'run,step,layer,tensor,metric,value\n';
  for (let position = start, first = true; first || position !== null; first = false) {
    const { rows, next } = await readPage(jobs, id, runs, position, { ...filter, limit: CSV_ROWS });
    if (rows.length > 0) yield rows.map(csvLine).join('');
    position = next;
  }
}

const SHOWN_NAMES = 40;

/** What no series has is a mistake, which an empty answer would hide. @throws HttpProblem validation_failed naming what there is */
async function refuseUnknown(
  jobs: JobService,
  id: string,
  runs: readonly string[],
  filter: Filter,
): Promise<void> {
  const [run] = runs;
  const trace = run === undefined ? null : await jobs.trace(id, run);
  if (trace === null) return;
  const problems = (['layer', 'tensor', 'metric'] as const).flatMap((name) => {
    const wanted = filter[name];
    const known = [...new Set(trace.series.flatMap((series) => series[name] ?? []))];
    // Another run of the job may have other layers.
    const isAnothers = name !== 'metric' && runs.length > 1;
    if (wanted === undefined || known.includes(wanted) || isAnothers) return [];
    const shown = known.slice(0, SHOWN_NAMES).join(', ');
    return [
      {
        pointer: `/query/${name}`,
        message: `no series has the ${name} "${wanted.slice(0, 80)}"`,
        fix: `there are: ${shown}${known.length > SHOWN_NAMES ? ', …' : ''}`,
      },
    ];
  });
  if (problems.length > 0) throw validationFailed(problems);
}

const wantsCsv = (accept: string | undefined): boolean =>
  accept !== undefined && /text\/csv/i.test(accept) && !/application\/json/i.test(accept);

export const readStatistics: Endpoint = {
  method: 'GET',
  url: '/v1/jobs/:id/statistics',
  operationId: 'readStatistics',
  tag: 'jobs',
  summary: 'Read the measured series',
  description:
    'Rows { run, step, layer, tensor, metric, value }, run by run (baseline first) and step by step; also of a job that ' +
    'still runs, for its finished runs. JSON comes page by page; CSV has all rows, streamed. A layer, tensor or metric that no ' +
    'series has is refused, with those that there are.',
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
    await refuseUnknown(jobs, id, runs, filter);
    if (filter.format === 'csv' || (filter.format === undefined && wantsCsv(request.headers.accept)))
      return reply.type('text/csv; charset=utf-8').send(Readable.from(csvOf(jobs, id, runs, start, filter)));
    const { rows, next } = await readPage(jobs, id, runs, start, filter);
    const cursor = next === null ? null : encodeCursor(next, filter);
    return reply.send({ data: rows.map(encodeNonFinite), has_more: cursor !== null, next_cursor: cursor });
  },
};
