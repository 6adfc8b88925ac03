/** @file The schema, in steps that are never changed once released, for SQLite and PostgreSQL. */
import type { Generated, Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { columnTypes, isPostgres } from './dialect.ts';

interface JobsTable {
  /** Order of submission; cursors hold it. */
  position: Generated<number>;
  id: string;
  status: string;
  /** JSON of what a search is asked; null for a study. */
  search: string | null;
  /** JSON, as are estimate, progress, summary, error. */
  experiment: string;
  estimate: string;
  progress: string;
  summary: string | null;
  error: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  cancel_requested_at: string | null;
  /** Fences every write of a running job. */
  attempt: number;
  attempt_started_at: string | null;
  heartbeat_at: string | null;
  crash_score: number;
  result: Buffer | null;
}

export interface Tables {
  jobs: JobsTable;
  trials: { job_id: string; key: string; trace: Buffer };
  runs: { job_id: string; run: string; key: string };
  events: { job_id: string; seq: number; type: string; data: string; created_at: string };
  idempotency_keys: { key: string; fingerprint: string; job_id: string; created_at: string };
}

const initial: Migration = {
  async up(db: Kysely<unknown>) {
    const { counter, integer, bytes } = columnTypes(db);
    await db.schema
      .createTable('jobs')
      .addColumn('position', counter, (column) =>
        isPostgres(db) ? column.primaryKey() : column.primaryKey().autoIncrement(),
      )
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('experiment', 'text', (column) => column.notNull())
      .addColumn('estimate', 'text', (column) => column.notNull())
      .addColumn('progress', 'text', (column) => column.notNull())
      .addColumn('summary', 'text')
      .addColumn('error', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('started_at', 'text')
      .addColumn('finished_at', 'text')
      .addColumn('cancel_requested_at', 'text')
      .addColumn('attempt', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('attempt_started_at', 'text')
      .addColumn('heartbeat_at', 'text')
      .addColumn('crash_score', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('result', bytes)
      .execute();
    await db.schema.createIndex('jobs_status').on('jobs').columns(['status', 'position']).execute();
    await db.schema
      .createTable('trials')
      .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id').onDelete('cascade'))
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('trace', bytes, (column) => column.notNull())
      .addPrimaryKeyConstraint('trials_key', ['job_id', 'key'])
      .execute();
    await db.schema
      .createTable('runs')
      .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id').onDelete('cascade'))
      .addColumn('run', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('runs_key', ['job_id', 'run'])
      .execute();
    await db.schema
      .createTable('events')
      .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id').onDelete('cascade'))
      .addColumn('seq', integer, (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('data', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('events_key', ['job_id', 'seq'])
      .execute();
    await db.schema
      .createTable('idempotency_keys')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id').onDelete('cascade'))
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute();
  },
};

const searches: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('jobs').addColumn('search', 'text').execute();
  },
};

const migrations: Record<string, Migration> = { '0001_initial': initial, '0002_searches': searches };

/** To the latest schema. On PostgreSQL the migrator holds an advisory lock: of replicas that start at once one migrates. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const provider = { getMigrations: async () => migrations };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}
