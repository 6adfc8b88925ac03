/** @file Room on the disk of a SQLite file: a reserve for what ends or deletes something, and a limit for everything else. */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { refuseUnlessFile } from './data_directory.ts';
import { storageFailure } from './storage.ts';

export interface Room {
  /**
   * Before something is stored. Refuses while what is left is for `essential` work.
   * @throws StorageFull
   */
  expect(bytes?: number): void;
  /** Work that makes room, ends a job or starts the service: may use the reserve. It may be done twice. */
  essential<T>(work: () => Promise<T>): Promise<T>;
}

/** For a database that looks after its own disk. */
export const unlimited: Room = { expect() {}, essential: (work) => work() };

/** No room but the reserve. */
class StorageFull extends Error {
  override name = 'StorageFull';
  readonly code = 'ENOSPC';
}

const RESERVE_BYTES = 4 * 2 ** 20;
/** The reserve takes no more of a small disk. */
const RESERVE_SHARE = 1 / 8;
const PAGE_BYTES = 4096;

/** The most that a file may hold (`ulimit -f`); Infinity where nothing says so. */
function fileLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max file size\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}

const pagesOf = (bytes: number): number => Math.floor(bytes / PAGE_BYTES);

/**
 * What waits in the write-ahead log is at most half of the reserve, so that the reserve suffices to bring it into the file:
 * after that the log is free for what comes.
 */
export class DiskRoom implements Room {
  readonly #folder: string;
  readonly #reserve: string;
  readonly #bytes: number;
  readonly #fileLimit = fileLimit();
  #database: Database.Database | null = null;

  /** @throws DataDirectoryUnusable */
  constructor(folder: string) {
    this.#folder = folder;
    this.#reserve = join(folder, 'reserve');
    refuseUnlessFile(this.#reserve);
    const { blocks, bsize } = statfsSync(folder);
    const share = Math.floor(RESERVE_SHARE * Math.min(blocks * bsize, this.#fileLimit));
    this.#bytes = Math.min(RESERVE_BYTES, share);
  }

  /** From now on this is what grows. */
  attach(database: Database.Database): void {
    this.#database = database;
    database.pragma(`wal_autocheckpoint = ${Math.max(1, pagesOf(this.#bytes / 2))}`);
    database.pragma(`journal_size_limit = ${Math.floor(this.#bytes / 2)}`);
    this.#limitPages(this.#bytes);
    this.#hold();
  }

  #limitPages(kept: number): void {
    if (this.#fileLimit === Infinity) return;
    this.#database?.pragma(`max_page_count = ${Math.max(1, pagesOf(this.#fileLimit - kept))}`);
  }

  #free(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize;
  }

  /** Bytes that nothing compresses. @returns whether the reserve is there */
  #hold(): boolean {
    if ((statSync(this.#reserve, { throwIfNoEntry: false })?.size ?? 0) >= this.#bytes) return true;
    if (this.#free() < 1.25 * this.#bytes) return false;
    try {
      writeFileSync(this.#reserve, randomBytes(this.#bytes), { mode: 0o600, flush: true });
      this.#limitPages(this.#bytes);
      return true;
    } catch {
      rmSync(this.#reserve, { force: true });
      return false;
    }
  }

  #number(pragma: string): number {
    return Number(this.#database?.pragma(pragma, { simple: true }) ?? 0);
  }

  /** Pages that the file can still take; unlimited where the disk is the only limit. */
  #pagesLeft(unused: number): number {
    if (this.#fileLimit === Infinity) return Infinity;
    return this.#number('max_page_count') - this.#number('page_count') + unused;
  }

  expect(bytes = 0): void {
    // Deleted rows leave free pages in the file, which are used again.
    const unused = this.#number('freelist_count');
    // Twice: in the write-ahead log, and in the file.
    const isThere =
      this.#hold() &&
      this.#free() + unused * PAGE_BYTES >= this.#bytes + 2 * bytes &&
      this.#pagesLeft(unused) >= pagesOf(this.#bytes / 4 + bytes);
    if (!isThere) throw new StorageFull('the disk is full, but for a reserve with which jobs can be deleted');
  }

  #release(): void {
    rmSync(this.#reserve, { force: true });
    this.#limitPages(0);
    try {
      this.#database?.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // As far as it went.
    }
  }

  async essential<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (storageFailure(error) !== 'full') throw error;
    }
    this.#release();
    return work();
  }
}
