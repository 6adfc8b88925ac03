/** @file The databases that every test of the store has to pass on: a SQLite file and a real PostgreSQL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openDatabase } from '../../src/jobs/database.ts';
import { type PostgresServer, startPostgres } from '../postgres.ts';

type Opened = Awaited<ReturnType<typeof openDatabase>>;

export interface TestDatabase {
  /** Opens it once more; for PostgreSQL as another replica would. */
  open(): Promise<Opened>;
  stop(): Promise<void>;
}

const logger = pino({ level: 'silent' });

async function sqlite(): Promise<TestDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gradclinic-store-'));
  return {
    open: () => openDatabase({ dataDir, databaseUrl: null, logger }),
    stop: async () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

async function postgres(): Promise<TestDatabase> {
  const server: PostgresServer = await startPostgres();
  const databaseUrl = await server.createDatabase();
  return {
    open: () => openDatabase({ dataDir: '', databaseUrl, logger }),
    stop: () => server.stop(),
  };
}

export const databases = [
  { name: 'SQLite', start: sqlite },
  { name: 'PostgreSQL', start: postgres },
] as const;
