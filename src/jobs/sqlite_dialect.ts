/**
 * @file SQLite behind Kysely: one connection, taken in turns. Who has written waits for the disk after the turn, beside the
 * event loop and beside those whose turn comes next.
 */
import type Database from 'better-sqlite3';
import { type DatabaseConnection, type Driver, SqliteAdapter, SqliteDialect } from 'kysely';

/** Turns that do not wait for the disk. */
const relaxed = new WeakSet<DatabaseConnection>();

/** What is written until the connection is given back outlasts the process, but perhaps not a power cut. */
export const relax = (connection: DatabaseConnection): void => void relaxed.add(connection);

class FileAdapter extends SqliteAdapter {
  /** DDL of SQLite can be rolled back like everything else. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  /** The turns are ours: Kysely's own would last until the disk has answered. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** A query of a list has as many forms as it has filters. */
const MOST_PREPARED = 256;
/** What a prepared statement answers with may be other columns after it. */
const CHANGES_TABLES = /^\s*(create|alter|drop)\b/i;

/** Prepares each text once, which takes a third of a submission's time, and notes whether anything may have been written. */
class Watched {
  readonly database: Database.Database;
  readonly #prepared = new Map<string, Database.Statement<unknown[]>>();
  hasWritten = false;

  constructor(database: Database.Database) {
    this.database = database;
  }

  prepare(text: string) {
    if (CHANGES_TABLES.test(text) || this.#prepared.size >= MOST_PREPARED) this.#prepared.clear();
    const statement = this.#prepared.get(text) ?? this.database.prepare<unknown[]>(text);
    this.#prepared.set(text, statement);
    if (!statement.readonly) this.hasWritten = true;
    return statement as never;
  }

  close(): void {
    this.database.close();
  }
}

export class FileDialect extends SqliteDialect {
  readonly #watched: Watched;
  readonly #sync: () => Promise<void>;

  /** @param sync returns once everything that is committed is on the disk */
  constructor(database: Database.Database, sync: () => Promise<void>) {
    const watched = new Watched(database);
    super({ database: watched });
    this.#watched = watched;
    this.#sync = sync;
  }

  override createAdapter(): SqliteAdapter {
    return new FileAdapter();
  }

  override createDriver(): Driver {
    const driver = super.createDriver();
    const watched = this.#watched;
    this.#takeTurns(driver);
    const rollback = driver.rollbackTransaction.bind(driver);
    driver.rollbackTransaction = async (connection) => {
      // On a full disk SQLite rolls back by itself; to roll back once more fails, and would hide why.
      if (watched.database.inTransaction) await rollback(connection);
      watched.hasWritten = false;
    };
    return driver;
  }

  #takeTurns(driver: Driver): void {
    const watched = this.#watched;
    const acquire = driver.acquireConnection.bind(driver);
    let last: Promise<void> = Promise.resolve();
    let end = () => {};
    driver.acquireConnection = async (options) => {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      end = resolve;
      return acquire(options);
    };
    driver.releaseConnection = async (connection) => {
      const waits = watched.hasWritten && !relaxed.has(connection);
      watched.hasWritten = false;
      relaxed.delete(connection);
      end();
      if (waits) await this.#sync();
    };
  }
}
