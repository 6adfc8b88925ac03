/** @file What PostgreSQL was asked, and how long each question took there. */
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import type { Tables } from '../../src/jobs/tables.ts';

/** From the next start of the server on. @param url of any of its databases */
export async function countStatements(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("alter system set shared_preload_libraries = 'pg_stat_statements'");
  await client.end();
}

interface Statement {
  readonly calls: number;
  readonly total_ms: number;
  readonly most_ms: number;
  readonly query: string;
}

const SHOWN = 20;

/** @param trials that were handed over in the meantime */
export async function showStatements(db: Kysely<Tables>, trials: number): Promise<void> {
  const { rows } = await sql<Statement>`
    select calls::float8 as calls, total_exec_time as total_ms, max_exec_time as most_ms, query
    from pg_stat_statements order by total_exec_time desc`.execute(db);
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  const ms = rows.reduce((sum, row) => sum + row.total_ms, 0);
  console.log(
    `${(calls / trials).toFixed(1)} statements for each trial, ${(ms / trials).toFixed(2)} ms; the costliest:`,
  );
  for (const { calls, total_ms, most_ms, query } of rows.slice(0, SHOWN)) {
    const [each, of] = [total_ms / calls, calls / trials].map((value) => value.toFixed(2));
    const start = query.replaceAll(/\s+/g, ' ').slice(0, 110);
    console.log(
      `  ${(total_ms / trials).toFixed(2)} ms: ${of} of ${each} ms (most ${most_ms.toFixed(0)}): ${start}`,
    );
  }
}
