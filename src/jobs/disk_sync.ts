/**
 * @file Brings SQLite's write-ahead log to the disk beside the event loop. With `synchronous = NORMAL` a commit only writes to the log;
 * one sync then makes all of it durable that was written before the sync began, however many commits that were.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Named as SQLite names it when a sync of its own fails. */
class SyncFailed extends Error {
  override name = 'SyncFailed';
  readonly code = 'SQLITE_IOERR_FSYNC';

  constructor(cause: unknown) {
    super(`the write-ahead log could not be brought to the disk: ${(cause as Error).message}`, { cause });
  }
}

/** The entry of a new file in its folder is as much a part of it as its bytes. Windows neither needs it nor lets us. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

export class DiskSync {
  readonly #log: FileHandle;
  readonly #rewrite: () => void;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #failed = false;

  private constructor(log: FileHandle, rewrite: () => void) {
    this.#log = log;
    this.#rewrite = rewrite;
  }

  /**
   * @param path of the log, which SQLite keeps as long as the database is open
   * @param rewrite brings what the log holds to the disk in another way; throws where it cannot
   */
  static async open(path: string, rewrite: () => void): Promise<DiskSync> {
    const log = await open(path, 'r+');
    await syncFolder(dirname(path));
    return new DiskSync(log, rewrite);
  }

  /**
   * Once this returns, everything that was written before the call survives a power cut.
   * @throws SyncFailed; then nothing is known of it
   */
  sync(): Promise<void> {
    // A sync that runs may have missed what was written since it began. All that wait for the next one share it.
    this.#next ??= this.#running.then(() => {
      const sync = this.#sync();
      this.#next = null;
      this.#running = sync.catch(() => {});
      return sync;
    });
    return this.#next;
  }

  async #sync(): Promise<void> {
    try {
      // After a failure the operating system takes pages for written that are not: another sync would succeed and prove nothing.
      if (this.#failed) this.#rewrite();
      this.#failed = false;
      await this.#log.datasync();
    } catch (error) {
      this.#failed = true;
      throw new SyncFailed(error);
    }
  }

  async close(): Promise<void> {
    await (this.#next ?? this.#running).catch(() => {});
    await this.#log.close();
  }
}
