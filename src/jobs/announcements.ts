/** @file What one replica tells the others: sent with the transaction that it speaks of, or not at all. */
import { type Kysely, sql, type Transaction } from 'kysely';
import { isPostgres } from './dialect.ts';

/** A job waits for a worker, has a new event, is to be canceled; a trial of it waits for a thread, or has been trained. */
const kinds = ['queued', 'event', 'cancel', 'trial', 'trained'] as const;

export interface Announcement {
  readonly kind: (typeof kinds)[number];
  readonly job: string;
}

export const CHANNEL = 'gradclinic';

/** The names of connections that listen: of a process that trains, and of one that only takes requests. */
export const [TRAINER, LISTENER] = ['gradclinic trainer', 'gradclinic listener'] as const;

/** On SQLite nobody else listens. */
export async function announce<T>(
  db: Kysely<T> | Transaction<T>,
  { kind, job }: Announcement,
): Promise<void> {
  if (isPostgres(db)) await sql`select pg_notify(${CHANNEL}, ${`${kind} ${job}`})`.execute(db);
}

/** Null for what no replica of this version sends. */
export function parseAnnouncement(payload: string): Announcement | null {
  const [name, job] = payload.split(' ');
  const kind = kinds.find((one) => one === name);
  return kind === undefined || job === undefined ? null : { kind, job };
}
