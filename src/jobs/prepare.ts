/** @file Brings the database up to date without a service: the schema, and the tables of the queue of trials. */
import { pino } from 'pino';
import { openSharedQueue } from '../queue/index.ts';
import { openDatabase } from './database.ts';
import { machineKind } from './machine.ts';
import { queueName } from './orders.ts';
import type { Tables } from './tables.ts';

/** @throws DataDirectoryInUse, DataDirectoryUnusable, DatabaseUnreachable */
export async function migrateDatabase({
  dataDir,
  databaseUrl,
  leaseSeconds,
}: {
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly leaseSeconds: number;
}): Promise<void> {
  const logger = pino({ level: 'silent' });
  const { close } = await openDatabase({ dataDir, databaseUrl, logger });
  await close();
  if (databaseUrl === null) return;
  const name = queueName(machineKind());
  const queue = await openSharedQueue<Tables>({ url: databaseUrl, name, leaseSeconds, onError: () => {} });
  await queue.close();
}
