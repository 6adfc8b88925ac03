/** @file When the database is away for a while, or has no room: what that looks like, and waiting until it is over. */
import { setTimeout as sleep } from 'node:timers/promises';

/** `unavailable`: no connection, or a server that is shutting down. `full`: the disk takes no more. */
export type StorageFailure = 'unavailable' | 'full';

/**
 * PostgreSQL's classes for connections, shutting down, exhausted resources, statements that gave way to others, and a server that
 * takes no writes, as one that is not promoted yet; the operating system's; and a SQLite file that another program keeps locked.
 */
const UNAVAILABLE =
  /^(08\w{3}|25006|57P0[1-5]|57014|40001|40P01|55P03|53[03]00|25P03|ECONN\w+|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|SQLITE_(BUSY|LOCKED)\w*)$/;
/** Messages of the driver that have no code. */
const MESSAGES =
  /connection (terminated|error)|timeout exceeded when trying to connect|not queryable|query read timeout/i;

/** A quota or a limit on the size of files fails a write; only a full disk has a code of its own. */
const FULL = /^(SQLITE_FULL|SQLITE_IOERR_(WRITE|FSYNC|TRUNCATE|SHMSIZE)|53100|ENOSPC|EDQUOT|EFBIG)$/;

/** Null for every other error. */
export function storageFailure(error: unknown): StorageFailure | null {
  if (!(error instanceof Error)) return null;
  const { code } = error as { code?: unknown };
  const name = typeof code === 'string' ? code : '';
  if (FULL.test(name)) return 'full';
  return UNAVAILABLE.test(name) || MESSAGES.test(error.message) ? 'unavailable' : null;
}

const AGAIN_MS = 500;

/**
 * Repeats until the database takes it: whoever has trained for an hour has nothing better to do than to wait.
 * Only for work that may be done twice: the first time may have been committed without our hearing of it.
 * @param isOver whether to wait no longer
 */
export async function untilStored<T>(work: () => Promise<T>, isOver: () => boolean): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (storageFailure(error) === null || isOver()) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [500, 10_000];

/** Milliseconds before the attempt with this number (from 0): twice as long each time, and not all replicas at once. */
export function backoff(attempt: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt, 30));
  return longest * (0.5 + Math.random() / 2);
}

/**
 * Repeats until the database answers, for ever; what waiting does not mend is thrown at once.
 * @param onWait told of each failure, and of the milliseconds until the next attempt
 */
export async function untilAnswered<T>(
  work: () => Promise<T>,
  onWait: (error: unknown, ms: number) => void,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (storageFailure(error) !== 'unavailable' || signal?.aborted) throw error;
      const ms = backoff(attempt);
      onWait(error, ms);
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    }
  }
}
