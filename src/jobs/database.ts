/** @file The database: opens the SQLite file, holds the lock on its folder, brings the schema up to date. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations, type Tables } from './migrations.ts';

/** Another process works on this folder. */
class DataDirectoryInUse extends Error {
  override name = 'DataDirectoryInUse';
}

export interface OpenDatabase {
  readonly db: Kysely<Tables>;
  close(): Promise<void>;
}

/**
 * An exclusive transaction on a file of its own, never committed: the operating system drops it with the process,
 * also on kill -9, so no stale lock is ever left.
 */
function lock(dataDir: string): Database.Database {
  const database = new Database(join(dataDir, 'lock.sqlite'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch {
    database.close();
    throw new DataDirectoryInUse(`another process is using the data directory ${dataDir}`);
  }
  return database;
}

/** @throws DataDirectoryInUse */
export async function openDatabase(
  dataDir: string,
  onQuery: (seconds: number) => void = () => {},
): Promise<OpenDatabase> {
  mkdirSync(dataDir, { recursive: true });
  const held = lock(dataDir);
  const database = new Database(join(dataDir, 'gradclinic.sqlite'));
  // FULL: a commit that was acknowledged survives a power cut, which an accepted job must.
  for (const pragma of [
    'journal_mode = WAL',
    'synchronous = FULL',
    'busy_timeout = 5000',
    'foreign_keys = ON',
  ]) {
    database.pragma(pragma);
  }
  const db = new Kysely<Tables>({
    dialect: new SqliteDialect({ database }),
    log: ({ queryDurationMillis }) => onQuery(queryDurationMillis / 1000),
  });
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest();
  if (error !== undefined) throw error;
  return {
    db,
    close: async () => {
      await db.destroy();
      held.close();
    },
  };
}
