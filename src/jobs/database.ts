/** @file The database: PostgreSQL where a URL is given, else a SQLite file. The schema is up to date once it is open. */
import type { DatabaseOptions, OpenDatabase } from './connection.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

/** @throws DataDirectoryInUse, DataDirectoryUnusable, DatabaseUnreachable */
export const openDatabase = (options: DatabaseOptions): Promise<OpenDatabase> => {
  const { databaseUrl } = options;
  return databaseUrl === null ? openSqlite(options) : openPostgres(databaseUrl, options);
};
