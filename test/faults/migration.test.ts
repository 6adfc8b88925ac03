/**
 * @file kill -9 of a process while it brings a database up to date, after each of its statements: the next start goes on, and
 * everything is as if nothing had happened. The short form takes every 24th; `test/jobs/upgrade.test.ts` goes on from the files after each.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/jobs/database.ts';
import { isLong } from './workload.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-migration-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const released = new URL('../jobs/released/', import.meta.url);
const schemas = readdirSync(released).map((file) => file.replace('.sqlite.gz', ''));
const program = fileURLToPath(new URL('migrate_and_die.ts', import.meta.url));

/** A folder with a database of that schema; an empty one without. */
function newFolder(schema: string | null): string {
  const dataDir = mkdtempSync(join(folder, 'data-'));
  if (schema !== null)
    writeFileSync(
      join(dataDir, 'gradclinic.sqlite'),
      gunzipSync(readFileSync(new URL(`${schema}.sqlite.gz`, released))),
    );
  return dataDir;
}

/** Tables with their columns and rows, but for the times of the steps. */
async function contents(dataDir: string): Promise<unknown> {
  const { db, close } = await openDatabase({ dataDir, databaseUrl: null, logger: pino({ level: 'silent' }) });
  const tables = await db.introspection.getTables();
  const rows = await Promise.all(
    tables.map(async ({ name, columns }) => [
      name,
      columns.map((column) => [column.name, column.dataType]),
      await db
        .selectFrom(name as 'jobs')
        .selectAll()
        .execute(),
    ]),
  );
  await close();
  return rows;
}

const run = (dataDir: string, last: number) =>
  spawnSync(process.execPath, [program, dataDir, String(last)], { encoding: 'utf8' });

const STRIDE = isLong ? 1 : 24;

it.each(isLong ? [null, ...schemas] : [null, schemas[0] as string])(
  'from %s',
  isLong ? { timeout: 1_800_000 } : {},
  async (schema) => {
    const whole = newFolder(schema);
    const statements = Number(run(whole, 0).stdout);
    expect(statements).toBeGreaterThan(20);
    const expected = await contents(whole);
    for (let last = 1; last <= statements; last += STRIDE) {
      const dataDir = newFolder(schema);
      expect(run(dataDir, last).signal).toBe('SIGKILL');
      expect(await contents(dataDir), `killed after statement ${last}`).toEqual(expected);
      rmSync(dataDir, { recursive: true });
    }
  },
);
