/** @file A database that is open, and what is given to open one. */
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Announcement } from './announcements.ts';
import type { Room } from './room.ts';
import type { Tables } from './tables.ts';

export interface Listener {
  /** Whether this process trains. */
  readonly trains: boolean;
  onAnnouncement(announcement: Announcement): void;
  /** From now on nothing is missed; what was announced before may have been. */
  onListening(): void;
}

export interface OpenDatabase {
  readonly db: Kysely<Tables>;
  /** On its disk. */
  readonly room: Room;
  /** True if other processes may use it at the same time. */
  readonly shared: boolean;
  /** Hears what this and other processes announce, until the database is closed. */
  listen(listener: Listener): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly dataDir: string;
  /** null: a SQLite file in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly logger: Logger;
  /** Called after every statement. */
  readonly onQuery?: (seconds: number) => void;
  /** True: wait for a server that does not answer. False: fail. */
  readonly waits?: boolean;
  /** Ends that wait. */
  readonly signal?: AbortSignal | undefined;
}
