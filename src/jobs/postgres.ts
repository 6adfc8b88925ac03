/** @file PostgreSQL as the database that replicas share: a pool for the queries, a connection of its own to listen. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { CHANNEL, LISTENER, parseAnnouncement, TRAINER } from './announcements.ts';
import type { DatabaseOptions, Listener, OpenDatabase } from './connection.ts';
import { migrate, SchemaTooNew } from './migrations.ts';
import { unlimited } from './room.ts';
import { backoff, untilAnswered } from './storage.ts';
import type { Tables } from './tables.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TRANSACTION_MS = 15_000;
/** A host that has vanished does not say so. */
const QUERY_TIMEOUT_MS = 15_000;

/** PostgreSQL does not answer, or not to us. */
class DatabaseUnreachable extends Error {
  override name = 'DatabaseUnreachable';
}

const INT8 = 20;

/** 64-bit integers are counters here, far below 2^53; the driver would give them as text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** Where the database is, without the password. */
function describe(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || 5432}${pathname}`;
}

/** Listens until it is closed; a connection that was lost is made again. */
function createSubscription(url: string, listener: Listener, logger: Logger) {
  let client: pg.Client | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: url,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: listener.trains ? TRAINER : LISTENER,
    });
    client = next;
    // An error always ends the connection, and the end is what is acted upon.
    next.on('error', (error) => logger.warn({ err: error }, 'the listening connection failed'));
    next.on('end', retry);
    next.on('notification', ({ payload }) => {
      const announcement = parseAnnouncement(payload ?? '');
      if (announcement !== null) listener.onAnnouncement(announcement);
    });
    try {
      await next.connect();
      await next.query(`listen ${CHANNEL}`);
    } catch (error) {
      await next.end().catch(() => {});
      throw error;
    }
    failures = 0;
    listener.onListening();
  }

  function retry(): void {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => connect().catch(retry), backoff(failures++));
  }

  return {
    connect,
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => {});
    },
  };
}

/** The errors of a server that is now a standby: after a failover, old connections still lead to it. */
const READ_ONLY = '25006';

function onFailure(client: pg.ClientBase, told: (error: Error & { code?: string }) => void): void {
  client.query = new Proxy(client.query, {
    apply(query, self, values) {
      const result: unknown = Reflect.apply(query, self, values);
      if (result instanceof Promise) result.catch(told);
      return result;
    },
  });
}

function createPool(url: string, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    types,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // A replica that vanished in a transaction must not hold its locks for long.
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    application_name: 'gradclinic',
  });
  const refused = new WeakSet<pg.ClientBase>();
  const end = (client: pg.ClientBase & Partial<Pick<pg.Client, 'end'>>) => void client.end?.();
  // A connection that breaks is replaced by the pool, and fails its query; without a listener it would end the process
  // as well, in use or idle.
  pool.on('connect', (client) => {
    client.on('error', (error) => logger.warn({ err: error }, 'a database connection failed'));
    onFailure(client, ({ message, code }) => {
      // The next query would wait behind the one that was not answered.
      if (message === 'Query read timeout') end(client);
      // Or be refused as well. Not at once: the transaction has to be rolled back, or nobody hears why it failed.
      if (code === READ_ONLY) refused.add(client);
    });
  });
  pool.on('release', (_, client) => {
    if (refused.has(client)) end(client);
  });
  pool.on('error', () => {});
  return pool;
}

/** The number of the lock below. Any number that nothing else in this database uses. */
const MIGRATING = 7_264_911_035;

/**
 * On connections of its own: a migration may take longer than any query may. Replicas that start at once take turns. The migrator's
 * own lock is not enough: it lists the tables before it takes that lock, and PostgreSQL fails such a list where another replica
 * drops a column or a table at that moment.
 */
async function migrateOn(url: string): Promise<void> {
  const turn = new pg.Client({
    connectionString: url,
    keepAlive: true,
    application_name: 'gradclinic migrations',
  });
  // An error of the connection fails the query, too.
  turn.on('error', () => {});
  await turn.connect();
  try {
    await turn.query('select pg_advisory_lock($1)', [MIGRATING]);
    const pool = new pg.Pool({ connectionString: url, max: 2, application_name: 'gradclinic migrations' });
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
    await migrate(db).finally(() => db.destroy());
  } finally {
    // With the connection the lock ends.
    await turn.end();
  }
}

/** Connected, with the latest schema. @throws what the driver throws, SchemaTooNew */
async function connectPool(url: string, logger: Logger): Promise<pg.Pool> {
  const pool = createPool(url, logger);
  try {
    await pool.query('select 1');
    await migrateOn(url);
    return pool;
  } catch (error) {
    await pool.end();
    throw error;
  }
}

function unreachable(url: string, error: Error & { code?: string }): DatabaseUnreachable {
  const where = `PostgreSQL at ${describe(url)} (DATABASE_URL)`;
  return new DatabaseUnreachable(
    error instanceof SchemaTooNew
      ? `${where} ${error.message}`
      : `${where} does not answer: ${error.message || error.code}`,
  );
}

/** @throws DatabaseUnreachable */
export async function openPostgres(url: string, options: DatabaseOptions): Promise<OpenDatabase> {
  const { logger, onQuery, waits = false, signal } = options;
  const onWait = (err: unknown, wait_ms: number) => logger.warn({ err, wait_ms }, 'waiting for the database');
  const patiently = <T>(work: () => Promise<T>) => (waits ? untilAnswered(work, onWait, signal) : work());
  const pool = await patiently(() => connectPool(url, logger)).catch((error: Error) => {
    throw unreachable(url, error);
  });
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    log: ({ queryDurationMillis }) => onQuery?.(queryDurationMillis / 1000),
  });
  const subscriptions: ReturnType<typeof createSubscription>[] = [];
  return {
    db,
    room: unlimited,
    shared: true,
    async listen(listener) {
      const subscription = createSubscription(url, listener, logger);
      subscriptions.push(subscription);
      await patiently(subscription.connect);
    },
    async close() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      await db.destroy();
    },
  };
}
