/** @file The database: PostgreSQL where a URL is given, else a SQLite file. The schema is up to date once it is open. */
import type { DatabaseOptions, OpenDatabase } from './connection.ts';

/** @throws DataDirectoryInUse, DataDirectoryUnusable, DatabaseUnreachable */
export const openDatabase = async (options: DatabaseOptions): Promise<OpenDatabase> => {
  const { databaseUrl } = options;
  if (databaseUrl === null) return (await import('./sqlite.ts')).openSqlite(options);
  return (await import('./postgres.ts')).openPostgres(databaseUrl, options);
};
