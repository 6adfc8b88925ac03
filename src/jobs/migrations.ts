/** @file The schema, in steps that are never changed once released, for SQLite and PostgreSQL. */
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { columnTypes, isPostgres } from './dialect.ts';
import {
  documents,
  initial,
  labels,
  outcomes,
  owners,
  packedExperiments,
  searches,
  turns,
} from './job_migrations.ts';
import type { Tables } from './tables.ts';

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
 * To the latest schema, each step in a transaction of its own. One process at a time: the caller sees to that.
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
