/** @file A database of an earlier version: what was in it belongs to nobody, and is still there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { openDatabase } from '../../../src/jobs/database.ts';
import { migrations } from '../../../src/jobs/migrations.ts';
import { unpackText } from '../../../src/util/packed_text.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-migrations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('gives jobs and idempotency keys without an owner to "anonymous", and keeps the labels of jobs beside them', async () => {
  const database = new Database(join(folder, 'gradclinic.sqlite'));
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
  }).migrateTo('0002_searches');
  expect(error).toBeUndefined();
  database.exec(`
    insert into jobs (id, status, experiment, estimate, progress, created_at, result)
      values ('job_1', 'succeeded', '{"name":"mine","metadata":{"a":1}}', '{}', '{}', '2026-01-01T00:00:00.000Z',
        cast('{"verdict":1}' as blob));
    insert into idempotency_keys values ('k', 'f', 'job_1', '2026-01-01T00:00:00.000Z');`);
  await db.destroy();

  const opened = await openDatabase({
    dataDir: folder,
    databaseUrl: null,
    logger: pino({ level: 'silent' }),
  });
  expect(await opened.db.selectFrom('jobs').select(['id', 'owner', 'name', 'metadata']).execute()).toEqual([
    { id: 'job_1', owner: 'anonymous', name: '"mine"', metadata: '{"a":1}' },
  ]);
  const keys = () => opened.db.selectFrom('idempotency_keys').select(['owner', 'key', 'job_id']).execute();
  expect(await keys()).toEqual([{ owner: 'anonymous', key: 'k', job_id: 'job_1' }]);
  const experiments = () => opened.db.selectFrom('experiments').selectAll().execute();
  expect((await experiments()).map(({ job_id, experiment }) => [job_id, unpackText(experiment)])).toEqual([
    ['job_1', '{"name":"mine","metadata":{"a":1}}'],
  ]);
  const results = await opened.db.selectFrom('results').selectAll().execute();
  expect(results.map(({ job_id, result }) => [job_id, String(result)])).toEqual([['job_1', '{"verdict":1}']]);
  await opened.db.deleteFrom('jobs').execute();
  expect([await keys(), await experiments()]).toEqual([[], []]);
  await opened.close();
});

it('refuses a database that a newer version has changed', async () => {
  const dataDir = mkdtempSync(join(folder, 'newer-'));
  const options = { dataDir, databaseUrl: null, logger: pino({ level: 'silent' }) };
  const { close } = await openDatabase(options);
  await close();
  const database = new Database(join(dataDir, 'gradclinic.sqlite'));
  database.exec("insert into kysely_migration values ('9999_later', '2030-01-01T00:00:00.000Z')");
  database.close();
  await expect(openDatabase(options)).rejects.toThrow('9999_later');
});
