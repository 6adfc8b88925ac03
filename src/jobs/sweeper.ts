/** @file Deletes what was kept long enough: at the start, and every hour. */
import type { Logger } from 'pino';
import type { FileStore } from './file_store.ts';
import type { JobStore } from './store.ts';

const SWEEP_MS = 3_600_000;
const DAY_S = 86_400;

export interface SweeperOptions {
  readonly store: Pick<JobStore, 'removeEnded'>;
  readonly files: Pick<FileStore, 'removeUnused'>;
  /** After which results are deleted; 0 keeps them. */
  readonly retentionDays: number;
  /** Jobs may be gone. */
  readonly onSwept: () => void;
  readonly logger: Logger;
}

/** Resolves after the first time. @returns the function that ends it */
export async function startSweeper(options: SweeperOptions): Promise<() => void> {
  const { store, files, retentionDays, onSwept, logger } = options;
  if (retentionDays === 0) return () => {};
  async function sweep(): Promise<void> {
    const removed = await store.removeEnded(retentionDays * DAY_S);
    await files.removeUnused(retentionDays * DAY_S);
    onSwept();
    if (removed > 0) logger.info({ removed }, 'old jobs deleted');
  }
  const report = () =>
    sweep().catch((error: unknown) => logger.error({ err: error }, 'old jobs could not be deleted'));
  const timer = setInterval(report, SWEEP_MS);
  await report();
  return () => clearInterval(timer);
}
