/** @file Reads uploaded files beside the event loop. */
import { FileRefused, type ImageSize, type ReadingOptions } from '../files/index.ts';
import { threadProgram } from '../util/programs.ts';
import type { Result } from '../util/result.ts';
import type { Begun } from '../util/work_time.ts';
import { createTaskPool, READING_TIME, TaskTooLong } from './pool.ts';

export type FileTask =
  | { readonly kind: 'read'; readonly folder: string; readonly options: ReadingOptions }
  | { readonly kind: 'decode'; readonly folder: string; readonly size: ImageSize };

export type FileTaskResult = Result<
  null,
  { readonly code: FileRefused['code']; readonly message: string; readonly fix: string | undefined }
>;

/** As a thread gets it. */
export type TimedFileTask = FileTask & { readonly begun: Begun };

export interface FileReaders {
  /** Leaves facts and numbers in the folder. @throws FileRefused */
  read(folder: string, options: ReadingOptions): Promise<void>;
  /** Leaves pixels in the folder. @throws FileRefused */
  decode(folder: string, size: ImageSize): Promise<void>;
  close(): Promise<void>;
}

/** A thread that starts with the first file and ends when there is nothing to do for a while. */
export function createFileReaders(time = READING_TIME): FileReaders {
  const pool = createTaskPool<FileTask, FileTaskResult>(threadProgram('file.worker'), { time });
  async function run(task: FileTask): Promise<void> {
    const result = await pool.run(task).catch((error: unknown) => {
      if (!(error instanceof TaskTooLong)) throw error;
      throw new FileRefused(`reading the file takes more than ${time.cpu / 1000} s: it may be damaged`, {
        fix: 'write it again; send less at a time',
      });
    });
    if (result.ok) return;
    const { code, message, fix } = result.error;
    throw new FileRefused(message, { code, ...(fix !== undefined && { fix }) });
  }
  return {
    read: (folder, options) => run({ kind: 'read', folder, options }),
    decode: (folder, size) => run({ kind: 'decode', folder, size }),
    close: () => pool.close(),
  };
}
