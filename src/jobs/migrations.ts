/** @file The schema, in steps that are never changed once released, for SQLite and PostgreSQL. */
import { type Generated, type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { packText } from '../util/packed_text.ts';
import { columnTypes, isPostgres } from './dialect.ts';

interface JobsTable {
  /** Order of submission; cursors hold it. */
  position: Generated<number>;
  id: string;
  /** The name of the access key that made it. */
  owner: string;
  status: string;
  /** JSON of what a search is asked; null for a study. */
  search: string | null;
  /** The metadata of the experiment, as JSON, which can hold any text. */
  name: string | null;
  metadata: string;
  /** JSON, as are progress, summary, error. */
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
  /** JSON: where its end is told; null: nowhere. */
  webhook: string | null;
  /** JSON: how far the telling has come; null before its end, and where nobody is told. */
  delivery: Generated<string | null>;
}

/** Events on their way. They outlive their job. */
interface DeliveriesTable {
  id: string;
  owner: string;
  job_id: string;
  url: string;
  payload: string;
  attempts: number;
  /** When it is due; while it is posted, when it would be due again. */
  next_at: string;
}

interface FilesTable {
  /** Order of uploading; cursors hold it. */
  position: Generated<number>;
  id: string;
  owner: string;
  name: string;
  bytes: number;
  sha256: string;
  /** JSON: what reading the file told. */
  facts: string;
  created_at: string;
}

/** Trials that any process may train. */
interface OrdersTable {
  job_id: string;
  key: string;
  owner: string;
  /** Of the first run that needs it. */
  run: string;
  seed: number;
  keep_weights: number;
  experiment: Buffer;
  seconds: number;
  turn: number;
  traceparent: string | null;
  /** The kind that the study is on. */
  machine: string;
  starts: number;
  /** Null while it waits. */
  taken_at: string | null;
  /** JSON. */
  failure: string | null;
}

export interface Tables {
  jobs: JobsTable;
  /** JSON, by `packText`. Beside the jobs: either may hold megabytes, which nobody who looks for a job has to pass by. */
  experiments: { job_id: string; experiment: Buffer };
  results: { job_id: string; result: Buffer };
  /** `machine`: null of what an earlier version trained. */
  trials: { job_id: string; key: string; trace: Buffer; machine: Generated<string | null> };
  /** Kinds of machines that have trained; JSON. */
  machines: { id: string; facts: string };
  orders: OrdersTable;
  /** In parts: `records` of every step at which one was kept, `state` of the last. */
  snapshots: {
    job_id: string;
    key: string;
    step: number;
    kind: 'records' | 'state';
    part: number;
    bytes: Buffer;
    machine: string;
  };
  /** `outcome` is JSON; null where an earlier version has written the run. */
  runs: { job_id: string; run: string; key: string; outcome: Generated<string | null> };
  events: { job_id: string; seq: number; type: string; data: string; created_at: string };
  /** Of the last hour: what an owner's limit of FLOPs is counted from. */
  submissions: { owner: string; flops: number; created_at: string };
  /** The number of an owner's last turn; every turn has the next number, whatever the clock says. */
  turns: { owner: string; turn: number };
  files: FilesTable;
  /** The content, on PostgreSQL. */
  file_parts: { file_id: string; part: number; bytes: Buffer };
  /** Which files a job reads. */
  job_files: { job_id: string; file_id: string };
  deliveries: DeliveriesTable;
  idempotency_keys: { owner: string; key: string; fingerprint: string; job_id: string; created_at: string };
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

/** What was made before there were access keys belongs to nobody in particular. */
const ANONYMOUS = 'anonymous';

const owners: Migration = {
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

const labels: Migration = {
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

const turns: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.dropTable('owners').execute();
    await db.schema
      .createTable('turns')
      .addColumn('owner', 'text', (column) => column.primaryKey())
      .addColumn('turn', columnTypes(db).integer, (column) => column.notNull())
      .execute();
  },
};

const documents: Migration = {
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

const files: Migration = {
  async up(db: Kysely<unknown>) {
    const { counter, integer, bytes } = columnTypes(db);
    await db.schema
      .createTable('files')
      .addColumn('position', counter, (column) =>
        isPostgres(db) ? column.primaryKey() : column.primaryKey().autoIncrement(),
      )
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('bytes', integer, (column) => column.notNull())
      .addColumn('sha256', 'text', (column) => column.notNull())
      .addColumn('facts', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('files_owner').on('files').columns(['owner', 'position']).execute();
    await db.schema
      .createTable('file_parts')
      .addColumn('file_id', 'text', (column) => column.notNull().references('files.id').onDelete('cascade'))
      .addColumn('part', 'integer', (column) => column.notNull())
      .addColumn('bytes', bytes, (column) => column.notNull())
      .addPrimaryKeyConstraint('file_parts_key', ['file_id', 'part'])
      .execute();
    await db.schema
      .createTable('job_files')
      .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id').onDelete('cascade'))
      .addColumn('file_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('job_files_key', ['job_id', 'file_id'])
      .execute();
    await db.schema.createIndex('job_files_file').on('job_files').column('file_id').execute();
  },
};

const orders: Migration = {
  async up(db: Kysely<unknown>) {
    const { integer, bytes } = columnTypes(db);
    await db.schema.alterTable('trials').addColumn('machine', 'text').execute();
    await db.schema
      .createTable('machines')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('facts', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('orders')
      .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id').onDelete('cascade'))
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('run', 'text', (column) => column.notNull())
      .addColumn('seed', integer, (column) => column.notNull())
      .addColumn('keep_weights', 'integer', (column) => column.notNull())
      .addColumn('experiment', bytes, (column) => column.notNull())
      .addColumn('seconds', 'double precision', (column) => column.notNull())
      .addColumn('turn', 'double precision', (column) => column.notNull())
      .addColumn('traceparent', 'text')
      .addColumn('machine', 'text', (column) => column.notNull())
      .addColumn('starts', 'integer', (column) => column.notNull())
      .addColumn('taken_at', 'text')
      .addColumn('failure', 'text')
      .addPrimaryKeyConstraint('orders_key', ['job_id', 'key'])
      .execute();
    await db.schema.createIndex('orders_owner').on('orders').columns(['owner', 'turn']).execute();
    await db.schema.createIndex('orders_turn').on('orders').columns(['turn']).execute();
  },
};

const webhooks: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('jobs').addColumn('webhook', 'text').execute();
    await db.schema
      .createTable('deliveries')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('job_id', 'text', (column) => column.notNull())
      .addColumn('url', 'text', (column) => column.notNull())
      .addColumn('payload', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('next_at', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('deliveries_next').on('deliveries').column('next_at').execute();
  },
};

const outcomes: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('runs').addColumn('outcome', 'text').execute();
  },
};

const snapshots: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('snapshots')
      .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id').onDelete('cascade'))
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('step', 'integer', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('part', 'integer', (column) => column.notNull())
      .addColumn('bytes', columnTypes(db).bytes, (column) => column.notNull())
      .addColumn('machine', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('snapshots_key', ['job_id', 'key', 'step', 'kind', 'part'])
      .execute();
  },
};

const packedExperiments: Migration = {
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

const deliveryStates: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('jobs').addColumn('delivery', 'text').execute();
  },
};

export const migrations: Record<string, Migration> = {
  '0001_initial': initial,
  '0002_searches': searches,
  '0003_owners': owners,
  '0004_labels': labels,
  '0005_turns': turns,
  '0006_documents': documents,
  '0007_files': files,
  '0008_orders': orders,
  '0009_webhooks': webhooks,
  '0010_outcomes': outcomes,
  '0011_snapshots': snapshots,
  '0012_packed_experiments': packedExperiments,
  '0013_delivery_states': deliveryStates,
};

const TABLE = 'kysely_migration';

/** A later version has changed the schema: this one does not know what it would read and write. */
export class SchemaTooNew extends Error {
  override name = 'SchemaTooNew';
}

/** Steps in the database that this version does not know. */
async function unknownSteps(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === TABLE)) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(TABLE)}`.execute(db);
  return rows.map(({ name }) => name).filter((name) => !(name in migrations));
}

/**
 * To the latest schema, each step in a transaction of its own. On PostgreSQL the migrator holds an advisory lock: of replicas
 * that start at once one migrates.
 * @throws SchemaTooNew
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const unknown = await unknownSteps(db);
  if (unknown.length > 0) {
    const known = Object.keys(migrations).at(-1);
    throw new SchemaTooNew(
      `is of a newer version of gradclinic (schema ${unknown.at(-1)}, this version knows ${known}); start that version, or restore a backup that is older`,
    );
  }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  for (;;) {
    const { error, results = [] } = await migrator.migrateUp();
    if (error !== undefined) throw error;
    if (results.length === 0) return;
  }
}
