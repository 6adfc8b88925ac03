/** @file GET /v1/jobs/{id}/statistics: the measured series, as rows, page by page. */
import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../../../diagnosis/index.ts';
import type { JobService } from '../../../jobs/index.ts';
import { defineEndpoint, idParams } from '../../endpoint.ts';
import { wantedType } from '../../media_type.ts';
import { validationFailed } from '../../problem.ts';
import { PARQUET_START, parquetEnd } from '../../readings/parquet.ts';
import { CSV_HEADER, type Piece, type RowFormat, rowFormats } from '../../readings/statistics.ts';
import type { RequestThreads } from '../../threads.ts';
import { noSuchRun, traceOf } from './known_run.ts';
import { noSuchJob } from './not_found.ts';

const step = z.coerce.number().int().min(0).optional();

const query = z.strictObject({
  run: z.string().optional().describe('`baseline/<seed>` or `<remedy>/<seed>`; default: all finished runs'),
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
    .describe('The most steps to return of each series'),
  limit: z.coerce.number().int().min(1).max(100_000).default(10_000).describe('Rows per page'),
  cursor: z.string().optional().describe('`next_cursor` of the previous page'),
  format: z
    .enum(rowFormats)
    .optional()
    .describe('Default: what `Accept` asks for (`text/csv`, `application/vnd.apache.parquet`), else JSON'),
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

/** The documents from which rows are read. */
interface Source {
  readonly jobs: JobService;
  readonly threads: RequestThreads;
  readonly id: string;
  readonly runs: readonly string[];
  readonly start: Position | null;
  readonly filter: Filter;
}

interface PlacedPiece extends Piece {
  readonly run: string;
  readonly offset: number;
}

/**
 * Run by run and piece by piece, each made by a thread. A trace is unpacked once, and its pieces are made one at a time: no faster
 * than they are taken.
 * @param next what the coming piece is like: its most rows, and where it will stand
 */
async function* piecesOf(
  { jobs, threads, id, runs, start, filter }: Source,
  format: RowFormat,
  next: () => { readonly limit: number; readonly place: number },
): AsyncGenerator<PlacedPiece> {
  for (const run of runs.slice(start === null ? 0 : runs.indexOf(start.run))) {
    // Loaded for each piece: kept in the meantime, it would be in memory for as long as the client takes.
    const load = async () => [await traceOf(jobs, id, run)];
    // A page of JSON takes one piece of a run.
    const key = format === 'json' ? null : randomUUID();
    for (let offset = run === start?.run ? start.offset : 0; ; ) {
      const { limit, place } = next();
      const options = { run, filter, offset, limit, format, place, key };
      const piece = await threads.read('pieceOfRows', load, options);
      yield { ...piece, run, offset };
      offset += piece.rows;
      if (offset >= piece.total) break;
    }
  }
}

/** Rows that are made at a time. */
const PIECE_ROWS = 100_000;

/** Every row that the filter leaves. */
async function* csvOf(source: Source): AsyncGenerator<Uint8Array | string> {
  yield CSV_HEADER;
  for await (const { bytes } of piecesOf(source, 'csv', () => ({ limit: PIECE_ROWS, place: 0 })))
    if (bytes.length > 0) yield bytes;
}

/** The same: a row group for each piece. */
async function* parquetOf(source: Source): AsyncGenerator<Uint8Array> {
  let place = PARQUET_START.length;
  const groups: NonNullable<Piece['group']>[] = [];
  yield PARQUET_START;
  for await (const { bytes, group } of piecesOf(source, 'parquet', () => ({ limit: PIECE_ROWS, place }))) {
    if (group === null) continue;
    groups.push(group);
    place += bytes.length;
    yield bytes;
  }
  yield parquetEnd(groups, place);
}

/** A page of rows. */
async function pageOf(source: Source): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let left = source.filter.limit;
  let cursor: string | null = null;
  // With none left it goes on to the next run that has rows.
  for await (const piece of piecesOf(source, 'json', () => ({ limit: left, place: 0 }))) {
    left -= piece.rows;
    if (piece.rows > 0) parts.push(Buffer.from(parts.length === 0 ? '' : ','), piece.bytes);
    const end = piece.offset + piece.rows;
    if (end === piece.total) continue;
    cursor = encodeCursor({ run: piece.run, offset: end }, source.filter);
    break;
  }
  const rest = JSON.stringify({ has_more: cursor !== null, next_cursor: cursor }).slice(1);
  return Buffer.concat([Buffer.from('{"data":['), ...parts, Buffer.from(`],${rest}`)]);
}

const SHOWN_NAMES = 40;

/** A training that is not probed leaves no series at all; another has metrics, layers and tensors. */
const notMeasured = (name: string) => ({
  pointer: `/query/${name}`,
  message: 'nothing was measured in the layers of this run',
  fix: 'ask for baseline/<seed>, or submit the experiment with diagnostics.probe_every of 1 or more; losses of all runs are in GET /v1/jobs/{id}/runs',
});

type Named = 'layer' | 'tensor' | 'metric';

/** The names of the series, run by run until every wanted one is found: a run may have layers that another has not. */
async function namesUntil(
  { jobs, threads, id, runs, filter }: Source,
  wanted: readonly Named[],
): Promise<Readonly<Record<Named, ReadonlySet<string>>> | null> {
  const known = { layer: new Set<string>(), tensor: new Set<string>(), metric: new Set<string>() };
  for (const run of runs) {
    const load = async () => [await traceOf(jobs, id, run)];
    const names = await threads.read('namesOfSeries', load, undefined);
    for (const kind of wanted) for (const name of names[kind]) known[kind].add(name);
    if (wanted.every((kind) => known[kind].has(filter[kind] as string))) break;
  }
  return runs.length > 0 ? known : null;
}

/** Refuses a filter that no series matches: an empty answer would hide the mistake. @throws HttpProblem validation_failed naming what there is */
async function refuseUnknown(source: Source): Promise<void> {
  const { filter } = source;
  const given = (['layer', 'tensor', 'metric'] as const).filter((name) => filter[name] !== undefined);
  const names = given.length === 0 ? null : await namesUntil(source, given);
  if (names === null) return;
  const problems = given.flatMap((name) => {
    const wanted = filter[name] as string;
    if (names[name].has(wanted)) return [];
    if (names[name].size === 0) return [notMeasured(name)];
    const shown = [...names[name]].slice(0, SHOWN_NAMES).join(', ');
    return [
      {
        pointer: `/query/${name}`,
        message: `no series has the ${name} "${wanted.slice(0, 80)}"`,
        fix: `there are: ${shown}${names[name].size > SHOWN_NAMES ? ', …' : ''}`,
      },
    ];
  });
  if (problems.length > 0) throw validationFailed(problems);
}

const typeOf: Readonly<Record<RowFormat, string>> = {
  json: 'application/json',
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
};

const acceptedFormat = (accept: string | undefined): RowFormat => {
  const type = wantedType(accept, [typeOf.json, typeOf.csv, typeOf.parquet]);
  return rowFormats.find((format) => typeOf[format] === type) ?? 'json';
};

export const readStatistics = defineEndpoint({
  method: 'GET',
  url: '/v1/jobs/:id/statistics',
  operationId: 'readStatistics',
  tag: 'jobs',
  summary: 'Read the measured series',
  description:
    'Rows { run, step, layer, tensor, metric, value }, ordered by run (baseline first) and step. While the job is running, you get the rows of its finished runs. JSON comes page by page; CSV and Parquet are streamed and contain all rows. An unknown layer, tensor or metric is refused, and the answer lists the known ones.',
  params: idParams,
  query,
  responses: {
    200: {
      description: 'A page of rows',
      content: {
        [typeOf.json]: pageSchema,
        [typeOf.csv]: z.string(),
        [typeOf.parquet]: z.string().meta({ format: 'binary' }),
      },
    },
  },
  errors: ['run_not_found'],
  async answer({ params: { id }, query: filter, request, reply }, { jobs, threads }) {
    if ((await jobs.get(id)) === null) throw noSuchJob(id);
    const known = await jobs.runs(id);
    if (filter.run !== undefined && !known.includes(filter.run)) {
      throw noSuchRun(filter.run, known);
    }
    const runs = filter.run === undefined ? known : [filter.run];
    const start = filter.cursor === undefined ? null : decodeCursor(filter.cursor, runs, filter);
    const source: Source = { jobs, threads, id, runs, start, filter };
    await refuseUnknown(source);
    const format = filter.format ?? acceptedFormat(request.headers.accept);
    if (format === 'json') return reply.type('application/json; charset=utf-8').send(await pageOf(source));
    if (format === 'csv') return reply.type('text/csv; charset=utf-8').send(Readable.from(csvOf(source)));
    return reply
      .type(typeOf.parquet)
      .header('content-disposition', `attachment; filename="${id}.parquet"`)
      .send(Readable.from(parquetOf(source)));
  },
});
