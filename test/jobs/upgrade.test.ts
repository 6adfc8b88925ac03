/**
 * @file The first start, and the upgrade of a database of each released schema, killed after every statement: the next start goes
 * on, and nothing is lost. The files of released/ were left by the program of that time when it was killed: a job that has
 * ended, one that runs, one that waits, one that was canceled.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/jobs/database.ts';
import { unpackText } from '../../src/util/packed_text.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-upgrade-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const released = new URL('released/', import.meta.url);
const schemas = readdirSync(released).map((file) => file.replace('.sqlite.gz', ''));
const options = { databaseUrl: null, logger: pino({ level: 'silent' }) };

/** A folder with a database of that schema; an empty one without. */
function newFolder(schema: string | null): string {
  const dataDir = mkdtempSync(join(folder, 'data-'));
  if (schema !== null) {
    const bytes = gunzipSync(readFileSync(new URL(`${schema}.sqlite.gz`, released)));
    writeFileSync(join(dataDir, 'gradclinic.sqlite'), bytes);
  }
  return dataDir;
}

/** Tables with their definitions and rows: everything but when a step was taken. */
async function contents(dataDir: string): Promise<Record<string, unknown>> {
  const { db, close } = await openDatabase({ ...options, dataDir });
  const tables = await db.introspection.getTables();
  const rows = tables.map(async ({ name, columns }) => [
    name,
    columns.map((column) => [column.name, column.dataType]),
    await db
      .selectFrom(name as 'jobs')
      .selectAll()
      .execute(),
  ]);
  const all = await Promise.all(rows);
  await close();
  return Object.fromEntries(all.map(([name, ...rest]) => [name, rest]));
}

/**
 * Opens it; what a kill after each statement would leave behind: the files as they are at that moment. Most statements of a
 * transaction write nothing before its end, and equal files go on alike: they are kept once.
 */
async function killedAtEveryStatement(dataDir: string): Promise<string[]> {
  const kept = new Map<string, string>();
  const onQuery = () => {
    const files = readdirSync(dataDir).filter((file) => file.startsWith('gradclinic.sqlite'));
    const hash = createHash('sha256');
    for (const file of files) {
      hash.update(`\0${file}\0`);
      // Shared memory: the next process that opens the database empties it.
      if (!file.endsWith('-shm')) hash.update(readFileSync(join(dataDir, file)));
    }
    const key = hash.digest('hex');
    if (kept.has(key)) return;
    const copy = mkdtempSync(join(folder, 'killed-'));
    for (const file of files) cpSync(join(dataDir, file), join(copy, file));
    kept.set(key, copy);
  };
  const { close } = await openDatabase({ ...options, dataDir, onQuery });
  await close();
  return [...kept.values()];
}

describe.each([null, ...schemas])('from %s', (schema) => {
  it('goes on after a kill at every statement', async () => {
    const expected = await contents(newFolder(schema));
    const kept = await killedAtEveryStatement(newFolder(schema));
    expect(kept.length).toBeGreaterThan(3);
    for (const copy of kept) {
      expect(await contents(copy)).toEqual(expected);
      rmSync(copy, { recursive: true });
    }
  });

  it.runIf(schema !== null)('keeps every job with what belongs to it', async () => {
    const { db, close } = await openDatabase({ ...options, dataDir: newFolder(schema) });
    const jobs = await db
      .selectFrom('jobs')
      .innerJoin('experiments', 'experiments.job_id', 'jobs.id')
      .leftJoin('results', 'results.job_id', 'jobs.id')
      .select(['status', 'name', 'metadata', 'owner', 'experiment', 'result'])
      .orderBy('position')
      .execute();
    expect(jobs.map(({ name, status }) => [JSON.parse(name ?? ''), status])).toEqual([
      ['ended', 'succeeded'],
      ['running', 'running'],
      ['queued', 'queued'],
      ['canceled', 'canceled'],
    ]);
    for (const { metadata, owner, experiment, name } of jobs) {
      expect([JSON.parse(metadata), owner]).toEqual([{ ticket: 'ML-42' }, 'anonymous']);
      expect(JSON.parse(unpackText(experiment)).name).toBe(JSON.parse(name ?? ''));
    }
    expect(JSON.parse(String(jobs[0]?.result))).toMatchObject({ verdict: expect.any(String) });
    expect(await db.selectFrom('idempotency_keys').select(['owner', 'key']).execute()).toEqual([
      { owner: 'anonymous', key: 'key-1' },
    ]);
    expect((await db.selectFrom('trials').selectAll().execute()).length).toBeGreaterThan(0);
    await close();
  });
});
