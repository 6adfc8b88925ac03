/** @file Where SQLite and PostgreSQL differ: column types, the database's clock, locks. Everything else is one code. */
import {
  type Expression,
  type Kysely,
  PostgresAdapter,
  type RawBuilder,
  sql,
  type Transaction,
} from 'kysely';
import { relax } from './sqlite_dialect.ts';

type AnyDatabase<T> = Kysely<T> | Transaction<T>;

export const isPostgres = <T>(db: AnyDatabase<T>): boolean =>
  db.getExecutor().adapter instanceof PostgresAdapter;

/** Column types of the schema. Integers that clients name in a query hold 64 bits, or PostgreSQL would refuse some. */
export const columnTypes = <T>(db: AnyDatabase<T>) =>
  isPostgres(db)
    ? ({ counter: sql`bigserial`, integer: 'bigint', bytes: 'bytea' } as const)
    : ({ counter: 'integer', integer: 'integer', bytes: 'blob' } as const);

/** ISO 8601, by the one clock that all replicas share. */
export function databaseTime<T>(db: AnyDatabase<T>, secondsAgo = 0): RawBuilder<string> {
  return isPostgres(db)
    ? sql<string>`to_char((clock_timestamp() - make_interval(secs => ${secondsAgo})) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    : sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ${`${-secondsAgo} seconds`})`;
}

/** One number for each kind of work that replicas must not do at the same time. */
const locks = { claim: 7_146_021, submit: 7_146_022 } as const;

/**
 * Held until the transaction ends. On SQLite there is nobody else: one process, one connection.
 * @param of whose work; two that share a hash only wait for each other
 */
export async function lock<T>(db: Transaction<T>, name: keyof typeof locks, of = ''): Promise<void> {
  if (isPostgres(db)) await sql`select pg_advisory_xact_lock(${locks[name]}, hashtext(${of}))`.execute(db);
}

/**
 * A transaction for what would be made again. On SQLite it does not wait until the disk has it: it outlasts the process; a power cut
 * may take it, with those like it since the last one that waited.
 */
export function relaxed<T, R>(db: Kysely<T>, work: (db: Transaction<T>) => Promise<R>): Promise<R> {
  if (isPostgres(db)) return db.transaction().execute(work);
  return db.connection().execute(async (held) => {
    await held.getExecutor().provideConnection(async (connection) => relax(connection));
    return held.transaction().execute(work);
  });
}

/** A number within a column of JSON text. */
export const numberIn = <T>(db: AnyDatabase<T>, column: string, name: string): RawBuilder<number> =>
  isPostgres(db)
    ? sql<number>`cast(cast(${sql.ref(column)} as json) ->> ${sql.lit(name)} as double precision)`
    : sql<number>`json_extract(${sql.ref(column)}, ${sql.lit(`$.${name}`)})`;

/** Escapes that PostgreSQL refuses to decode: of a zero character and of half a surrogate pair. A backslash may be escaped itself. */
const UNDECODABLE = String.raw`(?<!\\)((?:\\\\)*)\\(?:u0000|ud[89a-f][0-9a-f]{2})`;

/** The column's JSON, in which these characters are those of `searchable`. */
const decodable = (column: string) =>
  sql`cast(regexp_replace(${sql.ref(column)}, ${UNDECODABLE}, ${String.raw`\1\\ufffd`}, 'g') as json)`;

/** Whether the object in a column of JSON text has this pair. Not by a path, in which keys with dots or quotes mean something else. */
export const hasPair = <T>(
  db: AnyDatabase<T>,
  column: string,
  key: string,
  value: string,
): RawBuilder<boolean> =>
  isPostgres(db)
    ? sql<boolean>`${decodable(column)} ->> cast(${searchable(key)} as text) = ${searchable(value)}`
    : sql<boolean>`exists (select 1 from json_each(${sql.ref(column)}) as pair where pair.key = ${key} and pair.value = ${value})`;

/** Whether `held` has this text in it, whatever the case; `like` would take % and _ for patterns. */
export const holds = <T>(db: AnyDatabase<T>, held: Expression<unknown>, text: string): RawBuilder<boolean> =>
  isPostgres(db)
    ? sql<boolean>`strpos(lower(${held}), lower(cast(${searchable(text)} as text))) > 0`
    : sql<boolean>`instr(fold(${held}), fold(${text})) > 0`;

/** Whether the string in a column of JSON text holds this text. */
export function holdsText<T>(db: AnyDatabase<T>, column: string, text: string): RawBuilder<boolean> {
  const held = isPostgres(db)
    ? sql`(${decodable(column)} #>> '{}')`
    : sql`json_extract(${sql.ref(column)}, '$')`;
  return holds(db, held, text);
}

/** Whether any pair of the object in a column of JSON text, written key=value, holds this text. */
export function pairHoldsText<T>(db: AnyDatabase<T>, column: string, text: string): RawBuilder<boolean> {
  const pairs = isPostgres(db)
    ? sql`json_each_text(${decodable(column)})`
    : sql`json_each(${sql.ref(column)})`;
  const written = sql`(pair.key || '=' || pair.value)`;
  return sql<boolean>`exists (select 1 from ${pairs} as pair where ${holds(db, written, text)})`;
}

/** Whether any string of a list in a column of JSON text holds this text. */
export function listHoldsText<T>(
  db: AnyDatabase<T>,
  column: string,
  list: string,
  text: string,
): RawBuilder<boolean> {
  const items = isPostgres(db)
    ? sql`json_array_elements_text(cast(${sql.ref(column)} as json) -> ${sql.lit(list)}) as item(value)`
    : sql`json_each(${sql.ref(column)}, ${sql.lit(`$.${list}`)}) as item`;
  return sql<boolean>`exists (select 1 from ${items} where ${holds(db, sql`item.value`, text)})`;
}

/** A string within a column of JSON text. */
export const textIn = <T>(db: AnyDatabase<T>, column: string, name: string): RawBuilder<string> =>
  isPostgres(db)
    ? sql<string>`cast(${sql.ref(column)} as json) ->> ${sql.lit(name)}`
    : sql<string>`json_extract(${sql.ref(column)}, ${sql.lit(`$.${name}`)})`;

/** PostgreSQL's text cannot hold a zero character; what it becomes here is in no id, so that nothing is found. */
export const searchable = (text: string): string => text.replaceAll('\0', '\u{fffd}');
