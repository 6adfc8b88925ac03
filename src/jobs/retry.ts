/** @file Repeats what failed because the database was away for a moment: a restart, a fail-over, a cut connection. */
import { setTimeout as sleep } from 'node:timers/promises';

const AGAIN_MS = 500;
const PATIENCE_MS = 60_000;

/** PostgreSQL's classes for connections and for shutting down, and the operating system's. */
const CODES = /^(08\w{3}|57P0[1-3]|ECONN\w+|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN)$/;
/** What the driver says without a code. */
const MESSAGES = /connection (terminated|error)|timeout exceeded when trying to connect/i;

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return (typeof code === 'string' && CODES.test(code)) || MESSAGES.test(error.message);
}

/** For work that may be done twice: the first time may have been committed without our hearing of it. */
export async function retryConnection<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionError(error) || Date.now() > deadline) throw error;
      await sleep(AGAIN_MS);
    }
  }
}
