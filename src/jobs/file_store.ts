/**
 * @file Uploaded files: rows in the database, contents in folders beside it. On PostgreSQL the content is in the database too,
 * and the folders are what this process has fetched of it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { imageSize } from '../data/index.ts';
import { filesOf } from '../experiment/index.ts';
import {
  CONTENT,
  FILE_ID,
  type FileFacts,
  FileRefused,
  factsPath,
  folderOf,
  type ReadingOptions,
} from '../files/index.ts';
import { makeFolder } from './data_directory.ts';
import { databaseTime, isPostgres, lock, searchable } from './dialect.ts';
import type { FilePage, FileUpload, FileUse, StoredFile, UploadOutcome } from './file.ts';
import type { FileReaders } from './file_readers.ts';
import { INCOMING, receive } from './incoming.ts';
import { decodeCursor, encodeCursor } from './rows.ts';
import type { Tables } from './tables.ts';

/** A part of the content on PostgreSQL. */
const PART_BYTES = 4 * 2 ** 20;
/** Another process with the same folder may still be at it. */
const RECENT_MS = 3_600_000;

export interface UploadLimits {
  readonly max_file_bytes: number;
  /** The most that the files of one owner may take together. */
  readonly max_stored_bytes: number;
}

const toFile = (row: Selectable<Tables['files']>): StoredFile => {
  const { description } = JSON.parse(row.facts) as FileFacts;
  const { id, name, sha256, created_at } = row;
  return { id, name, bytes: Number(row.bytes), sha256, created_at, ...description };
};

/** The same bytes of the same owner, read in the same way, have the same id. */
const idOf = (owner: string, sha256: string, options: ReadingOptions): string =>
  `file_${createHash('sha256')
    .update(JSON.stringify([owner, sha256, options]))
    .digest('hex')
    .slice(0, 32)}`;

export class FileStore {
  readonly #db: Kysely<Tables>;
  readonly #directory: string;
  readonly #readers: FileReaders;
  /** Fetches on their way, by id. */
  readonly #fetching = new Map<string, Promise<void>>();

  constructor(db: Kysely<Tables>, directory: string, readers: FileReaders) {
    this.#db = db;
    this.#directory = directory;
    this.#readers = readers;
  }

  /**
   * Removes what interrupted uploads have left, and folders whose file is gone.
   * @throws DataDirectoryUnusable
   */
  async tidy(): Promise<void> {
    makeFolder(this.#directory, { mode: 0o700 });
    for (const name of await readdir(this.#directory)) {
      const isKept = FILE_ID.test(name) && (await this.#row(name)) !== undefined;
      const isRecent =
        name.startsWith(INCOMING) &&
        Date.now() - (await stat(join(this.#directory, name))).mtimeMs < RECENT_MS;
      if (!isKept && !isRecent) await rm(join(this.#directory, name), { recursive: true, force: true });
    }
  }

  /**
   * Takes the bytes as they come; stores nothing unless they are a file that can be read.
   * @throws FileRefused
   */
  async upload(
    owner: string,
    content: Readable,
    { name, options }: FileUpload,
    limits: UploadLimits,
  ): Promise<UploadOutcome> {
    const place = { directory: this.#directory, name: CONTENT, limit: limits.max_file_bytes };
    return receive(content, place, async ({ folder, bytes, sha256 }) => {
      if (bytes === 0) throw new FileRefused('the file is empty', { fix: 'send its bytes as the body' });
      const id = idOf(owner, sha256, options);
      const known = await this.find(owner, id);
      if (known !== null) return { kind: 'stored', file: known };
      const used = await this.#used(owner);
      if (used + bytes > limits.max_stored_bytes) return { kind: 'over_quota', used };
      await this.#readers.read(folder, options);
      return this.#keep(folder, { id, owner, name, bytes, sha256 }, limits);
    });
  }

  async #keep(
    folder: string,
    values: { id: string; owner: string; name: string; bytes: number; sha256: string },
    { max_stored_bytes }: UploadLimits,
  ): Promise<UploadOutcome> {
    const facts = await readFile(factsPath(folder), 'utf8');
    const { id, owner } = values;
    return this.#db.transaction().execute(async (db) => {
      await lock(db, 'submit', owner);
      const used = await this.#used(owner, db);
      if (used + values.bytes > max_stored_bytes) return { kind: 'over_quota', used };
      const row = db.insertInto('files').values({ ...values, facts, created_at: databaseTime(db) });
      await row.onConflict((conflict) => conflict.column('id').doNothing()).execute();
      if (isPostgres(db)) await this.#storeParts(db, id, join(folder, CONTENT));
      const target = join(this.#directory, id);
      await rm(target, { recursive: true, force: true });
      await rename(folder, target);
      const stored = await db.selectFrom('files').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      return { kind: 'stored', file: toFile(stored) };
    });
  }

  async #storeParts(db: Transaction<Tables>, id: string, path: string): Promise<void> {
    await db.deleteFrom('file_parts').where('file_id', '=', id).execute();
    let part = 0;
    for await (const bytes of createReadStream(path, { highWaterMark: PART_BYTES })) {
      await db
        .insertInto('file_parts')
        .values({ file_id: id, part: part++, bytes: bytes as Buffer })
        .execute();
    }
  }

  async #used(owner: string, db: Kysely<Tables> = this.#db): Promise<number> {
    const { used } = await db
      .selectFrom('files')
      .where('owner', '=', owner)
      .select((eb) => eb.fn.sum<number | null>('bytes').as('used'))
      .executeTakeFirstOrThrow();
    return Number(used ?? 0);
  }

  #row(id: string) {
    return this.#db.selectFrom('files').selectAll().where('id', '=', searchable(id)).executeTakeFirst();
  }

  async find(owner: string, id: string): Promise<StoredFile | null> {
    const row = await this.#row(id);
    return row === undefined || row.owner !== owner ? null : toFile(row);
  }

  /** Newest first. @throws InvalidCursor */
  async list(owner: string, limit: number, cursor: string | undefined): Promise<FilePage> {
    let query = this.#db.selectFrom('files').selectAll().where('owner', '=', owner);
    if (cursor !== undefined) query = query.where('position', '<', decodeCursor(cursor));
    const rows = await query
      .orderBy('position', 'desc')
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const has_more = rows.length > limit && last !== undefined;
    return { data: page.map(toFile), has_more, next_cursor: has_more ? encodeCursor(last.position) : null };
  }

  /** The bytes as they were sent; null where there is no such file. */
  async content(owner: string, id: string): Promise<Readable | null> {
    if ((await this.find(owner, id)) === null) return null;
    await this.#bringFile(id);
    return createReadStream(join(this.#directory, id, CONTENT));
  }

  async remove(owner: string, id: string): Promise<'removed' | 'not_found' | 'in_use'> {
    const outcome = await this.#db.transaction().execute(async (db) => {
      await lock(db, 'submit', owner);
      const row = await db
        .selectFrom('files')
        .select('owner')
        .where('id', '=', searchable(id))
        .executeTakeFirst();
      if (row?.owner !== owner) return 'not_found' as const;
      const needed = await db
        .selectFrom('job_files')
        .innerJoin('jobs', 'jobs.id', 'job_files.job_id')
        .select('job_id')
        .where('file_id', '=', id)
        .where('status', 'in', ['queued', 'running'])
        .executeTakeFirst();
      if (needed !== undefined) return 'in_use' as const;
      await db.deleteFrom('files').where('id', '=', id).execute();
      return 'removed' as const;
    });
    if (outcome === 'removed') await rm(join(this.#directory, id), { recursive: true, force: true });
    return outcome;
  }

  /** Files so old that no job needs any more; by the database's clock. */
  async removeUnused(secondsAgo: number): Promise<number> {
    const rows = await this.#db
      .deleteFrom('files')
      .where('created_at', '<', databaseTime(this.#db, secondsAgo))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('job_files').select(sql`1`.as('one')).whereRef('job_files.file_id', '=', 'files.id'),
          ),
        ),
      )
      .returning('id')
      .execute();
    for (const { id } of rows) await rm(join(this.#directory, id), { recursive: true, force: true });
    return rows.length;
  }

  /** Brings the owner's files of a request to this process. @returns those that the owner does not have */
  async provide(owner: string, ids: readonly string[]): Promise<string[]> {
    const missing: string[] = [];
    for (const id of new Set(ids)) {
      if ((await this.find(owner, id)) === null) missing.push(id);
      else await this.#bringFile(id);
    }
    return missing;
  }

  /** Everything that training this experiment reads. @throws FileRefused for an image that cannot be decoded */
  async bring(use: FileUse): Promise<void> {
    for (const id of filesOf(use)) await this.#bringFile(id);
    const { data } = use;
    const size = data.type === 'file' ? imageSize(data) : null;
    if (data.type === 'file' && size !== null)
      await this.#readers.decode(join(this.#directory, data.file), size);
  }

  #bringFile(id: string): Promise<void> {
    if (folderOf(id) !== null) return Promise.resolve();
    const known = this.#fetching.get(id);
    if (known !== undefined) return known;
    const fetching = this.#fetch(id).finally(() => this.#fetching.delete(id));
    this.#fetching.set(id, fetching);
    return fetching;
  }

  /** From the database into a folder of its own, which is there at once. */
  async #fetch(id: string): Promise<void> {
    const row = await this.#row(id);
    if (row === undefined)
      throw new FileRefused(`the file ${id} is no longer there`, { fix: 'upload it again' });
    const folder = join(this.#directory, `${INCOMING}${randomUUID()}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      await pipeline(this.#parts(id), createWriteStream(join(folder, CONTENT), { mode: 0o600 }));
      const { options, description } = JSON.parse(row.facts) as FileFacts;
      // An earlier version has stored files under a kind that was stated and that they are not.
      const kind = options.kind && description.kind;
      await this.#readers.read(folder, { ...options, ...(kind !== undefined && { kind }) });
      const target = join(this.#directory, id);
      if (!existsSync(factsPath(target))) await rename(folder, target);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async *#parts(id: string): AsyncGenerator<Buffer> {
    for (let part = 0; ; part++) {
      const row = await this.#db
        .selectFrom('file_parts')
        .select('bytes')
        .where('file_id', '=', id)
        .where('part', '=', part)
        .executeTakeFirst();
      if (row === undefined) return;
      yield row.bytes;
    }
  }
}
