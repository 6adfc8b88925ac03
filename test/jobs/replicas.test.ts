/** @file Several processes on one database, and what they do while it does not answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Announcement, announce } from '../../src/jobs/announcements.ts';
import { Attempts } from '../../src/jobs/attempts.ts';
import { openDatabase } from '../../src/jobs/database.ts';
import { storageFailure } from '../../src/jobs/storage.ts';
import { JobStore } from '../../src/jobs/store.ts';
import { openSharedQueue } from '../../src/queue/index.ts';
import { databases, type TestDatabase } from './databases.ts';
import { submission, wide } from './store_fixture.ts';

describe('a SQLite file that another program has locked', () => {
  it('is waited for, and then told as a database that does not answer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradclinic-locked-'));
    const logger = pino({ level: 'silent' });
    const { db, close } = await openDatabase({ dataDir: folder, databaseUrl: null, logger });
    await sql`pragma busy_timeout = 100`.execute(db);
    const other = new Database(join(folder, 'gradclinic.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    const failure = await new JobStore(db).submit(submission(), wide).catch((error: unknown) => error);
    expect(storageFailure(failure)).toBe('unavailable');
    other.exec('ROLLBACK');
    other.close();
    expect((await new JobStore(db).submit(submission(), wide)).kind).toBe('created');
    await close();
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('replicas on PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await databases[1].start();
  });
  afterAll(() => database.stop());

  it('say in one line, without the password, that PostgreSQL does not answer', async () => {
    const databaseUrl = 'postgres://user:secret@127.0.0.1:1/jobs';
    const logger = pino({ level: 'silent' });
    const message = await openDatabase({ dataDir: '', databaseUrl, logger }).then(
      () => 'it answered',
      (error: Error) => error.message,
    );
    expect(message).toMatch(
      /^PostgreSQL at 127\.0\.0\.1:1\/jobs \(DATABASE_URL\) does not answer: .*ECONNREFUSED.*$/,
    );
    expect(message).not.toContain('secret');
  });

  it('may all start at once on an empty database', async () => {
    const replicas = await Promise.all(Array.from({ length: 8 }, () => database.open()));
    const stores = replicas.map(({ db }) => new JobStore(db));
    await Promise.all(stores.map((store) => store.submit(submission(), wide)));
    for (const store of stores) {
      expect((await store.list({ owner: 'alice', limit: 100 })).data).toHaveLength(8);
    }
    const claims = await Promise.all(replicas.map(({ db }) => new Attempts(db).claim(() => 1000)));
    expect(new Set(claims.map((job) => job?.id)).size).toBe(8);
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it('may have a password of any characters, in PGPASSWORD', async () => {
    const admin = await database.open();
    const password = "a/b@c#d?e%f: '&";
    await sql`create role operator login superuser password ${sql.lit(password)}`.execute(admin.db);
    const { rows } = await sql<{ url: string }>`
      select 'postgres://operator@127.0.0.1:' || current_setting('port') || '/' || current_database() as url`.execute(
      admin.db,
    );
    const databaseUrl = rows[0]?.url ?? '';
    vi.stubEnv('PGPASSWORD', password);
    const opened = await openDatabase({ dataDir: '', databaseUrl, logger: pino({ level: 'silent' }) });
    const queue = await openSharedQueue({ url: databaseUrl, name: 'q', leaseSeconds: 10, onError: () => {} });
    vi.unstubAllEnvs();
    expect(await queue.take()).toBeNull();
    expect((await new JobStore(opened.db).submit(submission(), wide)).kind).toBe('created');
    await queue.close();
    await Promise.all([opened.close(), admin.close()]);
  });

  it('take a PostgreSQL that only follows another for one that does not answer, until they reach the one that is written to', async () => {
    const here = await database.open();
    const admin = await database.open();
    const store = new JobStore(here.db);
    const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(admin.db);
    const name = sql.id(rows[0]?.name ?? '');
    await sql`alter database ${name} set default_transaction_read_only = on`.execute(admin.db);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.execute(
      admin.db,
    );
    const failureOf = (work: Promise<unknown>) => work.catch((error: unknown) => error);
    for (const work of [() => store.submit(submission(), wide), () => store.ping()]) {
      // The first to hear of it is a connection that was ended.
      await expect.poll(() => failureOf(work())).toMatchObject({ code: '25006' });
      expect(storageFailure(await failureOf(work()))).toBe('unavailable');
    }
    await sql`alter database ${name} reset default_transaction_read_only`.execute(admin.db);
    // By new connections: those that were refused are closed.
    await store.ping();
    expect((await store.submit(submission(), wide)).kind).toBe('created');
    await Promise.all([here.close(), admin.close()]);
  });

  it('take a query that is not answered for a database that does not, and its connection for lost', async () => {
    const here = await database.open();
    const failure = await sql`select pg_sleep(30)`.execute(here.db).catch((error: unknown) => error);
    expect(storageFailure(failure)).toBe('unavailable');
    // Not behind the one that still sleeps.
    const asked = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => new JobStore(here.db).ping()));
    expect(performance.now() - asked).toBeLessThan(5000);
    await here.close();
  });

  it('listen again after their connection was cut', async () => {
    const [here, there] = [await database.open(), await database.open()];
    const heard: string[] = [];
    let listening = 0;
    await there.listen({
      trains: false,
      onListening: () => listening++,
      onAnnouncement: ({ job }) => void heard.push(job),
    });
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gradclinic listener'`.execute(
      here.db,
    );
    await expect.poll(() => listening).toBe(2);
    await announce(here.db, { kind: 'event', job: 'job_after' });
    await expect.poll(() => heard).toEqual(['job_after']);
    await Promise.all([here.close(), there.close()]);
  });

  it('a transaction whose process has stopped in the middle is ended by the database', async () => {
    const here = await database.open();
    const { setting } = (
      await sql<{
        setting: string;
      }>`select current_setting('idle_in_transaction_session_timeout') as setting`.execute(here.db)
    ).rows[0] as { setting: string };
    expect(setting).toBe('15s');
    await here.close();
  });

  it('hear of what another has committed, and of nothing that was rolled back', async () => {
    const [here, there] = [await database.open(), await database.open()];
    const heard: Announcement[] = [];
    await there.listen({
      trains: false,
      onListening: () => {},
      onAnnouncement: (announcement) => void heard.push(announcement),
    });
    const store = new JobStore(here.db);
    const attempts = new Attempts(here.db);
    await expect(
      here.db.transaction().execute(async (db) => {
        await announce(db, { kind: 'queued', job: 'job_rolled_back' });
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    const outcome = await store.submit(submission(), wide);
    const job = 'job' in outcome ? outcome.job.id : '';
    for (;;) {
      const claimed = await attempts.claim(() => 1000);
      if (claimed?.id === job || claimed === null) break;
    }
    await store.cancel(job);
    await expect
      .poll(() => heard.filter((one) => one.job === job).map(({ kind }) => kind))
      .toEqual(['queued', 'event', 'cancel']);
    expect(heard.some((one) => one.job === 'job_rolled_back')).toBe(false);
    await Promise.all([here.close(), there.close()]);
  });
});
