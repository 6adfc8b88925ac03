/** @file A SQLite file as the database, the lock on its folder, and what is said where either cannot be used. */
import { chmodSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import type { DatabaseOptions, OpenDatabase } from './connection.ts';
import { DataDirectoryUnusable, makeFolder, refuseUnlessFile } from './data_directory.ts';
import { DiskSync } from './disk_sync.ts';
import { migrate, SchemaTooNew } from './migrations.ts';
import { DiskRoom } from './room.ts';
import { FileDialect } from './sqlite_dialect.ts';
import { storageFailure } from './storage.ts';
import type { Tables } from './tables.ts';

/** Another process works on this folder. */
class DataDirectoryInUse extends Error {
  override name = 'DataDirectoryInUse';
}

const FILE = 'gradclinic.sqlite';
const BUSY_MS = 5000;
/** Checked whole at the start, in well under a second. */
const MAX_CHECKED_BYTES = 256 * 2 ** 20;

/** SQLite gives the files beside it (-wal, -shm) the mode of this one. */
function makePrivate(path: string): void {
  const beside = ['', '-wal', '-shm', '-journal'].map((end) => path + end);
  beside.forEach(refuseUnlessFile);
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600));
  } catch (error) {
    const { message } = error as Error;
    throw new DataDirectoryUnusable(
      `${path} cannot be used: ${message}; it has to be a file that this user may read and write`,
    );
  }
  for (const file of beside) {
    try {
      if (existsSync(file)) chmodSync(file, 0o600);
    } catch {
      // Another user's, who lets us write.
    }
  }
}

/**
 * An exclusive transaction on a file of its own, never committed: the operating system drops it with the process,
 * also on kill -9, so no stale lock is ever left.
 */
function lock(dataDir: string): Database.Database {
  const path = join(dataDir, 'lock.sqlite');
  makePrivate(path);
  const database = new Database(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (storageFailure(error) !== 'unavailable') throw unusable(path, error);
    throw new DataDirectoryInUse(`another process is using the data directory DATA_DIR=${dataDir}`);
  }
  return database;
}

const RESTORE = 'put it away and restore a backup';

/** What is wrong with the file, and what to do; null if the file is not at fault. */
function fault(error: unknown): string | null {
  const { code = '', message } = error as { code?: string; message: string };
  if (error instanceof SchemaTooNew) return message;
  if (storageFailure(error) === 'full') return 'cannot be opened, because the disk is full; make room';
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/.test(code))
    return `cannot be written (${message}); it and its folder have to belong to the user of the service`;
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'is locked by another program; end that';
  if (/^SQLITE_NOTADB/.test(code)) return `is not a SQLite database; ${RESTORE}`;
  if (/^SQLITE_(CORRUPT|IOERR|FORMAT)/.test(code)) return `is damaged (${message}); ${RESTORE}`;
  if (/^SQLITE_/.test(code)) return `is not a database of gradclinic (${message}); ${RESTORE}`;
  return null;
}

function unusable(path: string, error: unknown): unknown {
  const text = fault(error);
  return text === null ? error : new DataDirectoryUnusable(`${resolve(path)} ${text}`);
}

/** A damaged page would else be found by some request. @throws with the code SQLITE_CORRUPT */
function checkPages(database: Database.Database, path: string): void {
  if (statSync(path).size > MAX_CHECKED_BYTES) return;
  const found = String(database.pragma('quick_check(1)', { simple: true }));
  if (found === 'ok') return;
  throw Object.assign(new Error(found.replaceAll(/\s+/g, ' ')), { code: 'SQLITE_CORRUPT' });
}

/** Everything that the log holds, into the file. @throws where that fails, or somebody else is at the file */
function emptyLog(database: Database.Database): void {
  const [row] = database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  if (row?.busy !== 0) throw new Error('the file is in use');
}

async function openFile(path: string, onQuery: DatabaseOptions['onQuery']) {
  const database = new Database(path, { timeout: BUSY_MS });
  let disk: DiskSync | null = null;
  try {
    // NORMAL: a commit writes, and does not wait for the disk. Who has to wait does so beside the event loop (`FileDialect`).
    for (const pragma of ['journal_mode = WAL', 'synchronous = NORMAL', 'foreign_keys = ON'])
      database.pragma(pragma);
    checkPages(database, path);
    // SQLite's own `lower` knows the letters of ASCII alone.
    database.function('fold', { deterministic: true }, (text) =>
      typeof text === 'string' ? text.toLowerCase() : null,
    );
    // Reading makes the log.
    database.pragma('user_version');
    const sync = await DiskSync.open(`${path}-wal`, () => emptyLog(database));
    disk = sync;
    const db = new Kysely<Tables>({
      dialect: new FileDialect(database, () => sync.sync()),
      log: ({ queryDurationMillis }) => onQuery?.(queryDurationMillis / 1000),
    });
    await migrate(db);
    return { database, db, sync };
  } catch (error) {
    await disk?.close();
    database.close();
    throw error;
  }
}

/** @throws DataDirectoryInUse, DataDirectoryUnusable */
export async function openSqlite({ dataDir, onQuery }: DatabaseOptions): Promise<OpenDatabase> {
  makeFolder(dataDir, {
    name: `DATA_DIR=${dataDir}`,
    advice: 'give a folder that this user may write',
  });
  const held = lock(dataDir);
  const path = join(dataDir, FILE);
  try {
    makePrivate(path);
    const room = new DiskRoom(dataDir);
    const { database, db, sync } = await room.essential(() => openFile(path, onQuery));
    room.attach(database);
    return {
      db,
      room,
      shared: false,
      listen: async () => {},
      close: async () => {
        await db.destroy();
        await sync.close();
        held.close();
      },
    };
  } catch (error) {
    held.close();
    throw unusable(path, error);
  }
}
