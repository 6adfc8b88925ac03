/** @file A SQLite file as the database, and the lock on its folder. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Driver, Kysely, SqliteDialect } from 'kysely';
import type { DatabaseOptions, OpenDatabase } from './database.ts';
import { migrate, type Tables } from './migrations.ts';

/** Another process works on this folder. */
class DataDirectoryInUse extends Error {
  override name = 'DataDirectoryInUse';
}

/** Cannot be made, or not be written to. */
class DataDirectoryUnusable extends Error {
  override name = 'DataDirectoryUnusable';
}

function makeDirectory(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK);
  } catch (error) {
    throw new DataDirectoryUnusable(`DATA_DIR=${dataDir} cannot be used: ${(error as Error).message}`);
  }
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
    throw new DataDirectoryInUse(`another process is using the data directory DATA_DIR=${dataDir}`);
  }
  return database;
}

/** On a full disk SQLite rolls back by itself; to roll back once more fails, and would hide why. */
class FileDialect extends SqliteDialect {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    super({ database });
    this.#database = database;
  }

  override createDriver(): Driver {
    const driver = super.createDriver();
    const rollback = driver.rollbackTransaction.bind(driver);
    driver.rollbackTransaction = async (connection) => {
      if (this.#database.inTransaction) await rollback(connection);
    };
    return driver;
  }
}

/** @throws DataDirectoryInUse, DataDirectoryUnusable */
export async function openSqlite({ dataDir, onQuery }: DatabaseOptions): Promise<OpenDatabase> {
  makeDirectory(dataDir);
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
    dialect: new FileDialect(database),
    log: ({ queryDurationMillis }) => onQuery?.(queryDurationMillis / 1000),
  });
  await migrate(db);
  return {
    db,
    shared: false,
    listen: async () => {},
    close: async () => {
      await db.destroy();
      held.close();
    },
  };
}
