/** @file Steps of the schema that change the tables of jobs. Once released, they are never changed. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { packText } from '../util/packed_text.ts';
import { columnTypes, isPostgres } from './dialect.ts';
import type { Tables } from './tables.ts';

export const initial: Migration = {
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

export const searches: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('jobs').addColumn('search', 'text').execute();
  },
};

/** The owner of jobs from before there were access keys. */
const ANONYMOUS = 'anonymous';

export const owners: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('jobs')
      .addColumn('owner', 'text', (column) => column.notNull().defaultTo(ANONYMOUS))
      .execute();
    await db.schema
      .createTable('submissions')
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('flops', 'double precision', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('submissions_owner')
      .on('submissions')
      .columns(['owner', 'created_at'])
      .execute();
    await db.schema
      .createTable('owners')
      .addColumn('owner', 'text', (column) => column.primaryKey())
      .addColumn('served_at', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('jobs_owner').on('jobs').columns(['owner', 'position']).execute();
    // SQLite cannot change a primary key: the table is made anew.
    await db.schema
      .createTable('owned_idempotency_keys')
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id').onDelete('cascade'))
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('owned_idempotency_keys_key', ['owner', 'key'])
      .execute();
    await sql`insert into owned_idempotency_keys (owner, key, fingerprint, job_id, created_at)
      select ${sql.lit(ANONYMOUS)}, key, fingerprint, job_id, created_at from idempotency_keys`.execute(db);
    await db.schema.dropTable('idempotency_keys').execute();
    await db.schema.alterTable('owned_idempotency_keys').renameTo('idempotency_keys').execute();
  },
};

const BACKFILL = 100;

export const labels: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('jobs').addColumn('name', 'text').execute();
    await db.schema
      .alterTable('jobs')
      .addColumn('metadata', 'text', (column) => column.notNull().defaultTo('{}'))
      .execute();
    const jobs = db as Kysely<{ jobs: Tables['jobs'] & { experiment: string } }>;
    for (let after = 0; ; ) {
      const rows = await jobs
        .selectFrom('jobs')
        .select(['position', 'experiment'])
        .where('position', '>', after)
        .orderBy('position')
        .limit(BACKFILL)
        .execute();
      for (const { position, experiment } of rows) {
        const { name = null, metadata = {} } = JSON.parse(experiment);
        const values = { name: JSON.stringify(name), metadata: JSON.stringify(metadata) };
        await jobs.updateTable('jobs').set(values).where('position', '=', position).execute();
      }
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.position;
    }
  },
};

export const turns: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.dropTable('owners').execute();
    await db.schema
      .createTable('turns')
      .addColumn('owner', 'text', (column) => column.primaryKey())
      .addColumn('turn', columnTypes(db).integer, (column) => column.notNull())
      .execute();
  },
};

export const documents: Migration = {
  async up(db: Kysely<unknown>) {
    const { bytes } = columnTypes(db);
    for (const [table, column, type] of [
      ['experiments', 'experiment', 'text'],
      ['results', 'result', bytes],
    ] as const) {
      await db.schema
        .createTable(table)
        .addColumn('job_id', 'text', (id) => id.primaryKey().references('jobs.id').onDelete('cascade'))
        .addColumn(column, type, (document) => document.notNull())
        .execute();
      await sql`insert into ${sql.table(table)} (job_id, ${sql.ref(column)})
        select id, ${sql.ref(column)} from jobs where ${sql.ref(column)} is not null`.execute(db);
      await db.schema.alterTable('jobs').dropColumn(column).execute();
    }
  },
};

export const outcomes: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('runs').addColumn('outcome', 'text').execute();
  },
};

export const packedExperiments: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('packed_experiments')
      .addColumn('job_id', 'text', (id) => id.primaryKey().references('jobs.id').onDelete('cascade'))
      .addColumn('experiment', columnTypes(db).bytes, (column) => column.notNull())
      .execute();
    const rows = db as Kysely<{
      jobs: Tables['jobs'];
      experiments: { job_id: string; experiment: string };
      packed_experiments: Tables['experiments'];
    }>;
    for (let after = 0; ; ) {
      // One at a time: together they may be larger than memory.
      const row = await rows
        .selectFrom('jobs')
        .innerJoin('experiments', 'experiments.job_id', 'jobs.id')
        .select(['position', 'job_id', 'experiment'])
        .where('position', '>', after)
        .orderBy('position')
        .executeTakeFirst();
      if (row === undefined) break;
      const { position, job_id, experiment } = row;
      const packed = Buffer.from(packText(experiment));
      await rows.insertInto('packed_experiments').values({ job_id, experiment: packed }).execute();
      after = position;
    }
    await db.schema.dropTable('experiments').execute();
    await db.schema.alterTable('packed_experiments').renameTo('experiments').execute();
  },
};
