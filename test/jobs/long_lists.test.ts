/** @file Many jobs in a SQLite file, which is read and written on the event loop. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/jobs/database.ts';
import { JobStore } from '../../src/jobs/store.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'gradclinic-lists-'));
const { db, close } = await openDatabase({ dataDir, databaseUrl: null, logger: pino({ level: 'silent' }) });
const store = new JobStore(db);
afterAll(async () => {
  await close();
  rmSync(dataDir, { recursive: true });
});

const JOBS = 8000;
/** Of which one in so many has failed. */
const EVERY = 1000;

await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${JOBS})
  insert into jobs (id, owner, status, name, metadata, estimate, progress, summary, created_at, attempt, crash_score)
  select printf('job_%026d', i), 'a', iif(i % ${EVERY} = 0, 'failed', 'succeeded'), json_quote('job ' || i),
    json_object('ticket', 'ML-' || i), '{}', '{}', '{"verdict":"unhealthy","findings":["dead_units"],"recommended":["use_elu"]}',
    '2026-11-27T00:00:00.000Z', 1, 0 from n`.execute(db);

/** The longest turn of the event loop while the work is done, in milliseconds of CPU time: whatever else the machine does. */
async function longestTurn(work: Promise<unknown>): Promise<number> {
  let [longest, isOver] = [0, false];
  void work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const before = process.threadCpuUsage();
    await new Promise((turn) => setImmediate(turn));
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
  }
  return longest;
}

it('that find nothing hold up nobody, also several at once', async () => {
  // Looked through in one go, each would take 230 ms.
  const text = 'a b c d e f g h i nowhere';
  const lists = Array.from({ length: 2 }, () => store.list({ owner: 'a', limit: 20, text }));
  expect(await longestTurn(Promise.all(lists))).toBeLessThan(100);
  for (const list of await Promise.all(lists))
    expect(list).toEqual({ data: [], has_more: false, next_cursor: null });
});

it('find what stands far apart, page by page', async () => {
  const found: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const filter = { limit: 5, status: 'failed' as const, ...(cursor !== null && { cursor }) };
    const page = await store.list({ owner: 'a', ...filter });
    found.push(...page.data.map(({ name }) => name as string));
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  expect(found).toEqual(Array.from({ length: JOBS / EVERY }, (_, i) => `job ${JOBS - i * EVERY}`));
});

it('old jobs are deleted one in a turn of the event loop: each may have a hundred megabytes', async () => {
  const count = async () => {
    const query = db.selectFrom('jobs').where('finished_at', 'is not', null);
    return Number((await query.select(({ fn }) => fn.countAll().as('left')).executeTakeFirstOrThrow()).left);
  };
  const old = db.selectFrom('jobs').select('position').orderBy('position').limit(5);
  await db
    .updateTable('jobs')
    .set({ finished_at: '2020-01-01T00:00:00.000Z' })
    .where('position', 'in', old)
    .execute();
  const seen = new Set<number>();
  const removal = store.removeEnded(86_400);
  let isOver = false;
  void removal.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    seen.add(await count());
    await new Promise((turn) => setImmediate(turn));
  }
  expect(await removal).toBe(5);
  // Somebody else comes to the database in between.
  expect([...seen].filter((left) => left > 0 && left < 5).length).toBeGreaterThan(1);
});
