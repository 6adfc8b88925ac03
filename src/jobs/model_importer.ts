/** @file Models on their way into the service: to a file beside the uploads, and read in a thread. */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ImportedModel, ImportFailure } from '../imports/index.ts';
import { threadProgram } from '../util/programs.ts';
import { fail, type Result } from '../util/result.ts';
import type { Begun } from '../util/work_time.ts';
import { receive } from './incoming.ts';
import { createTaskPool, READING_TIME, TaskTooLong } from './pool.ts';

export interface ImportTask {
  /** Of the model's file. */
  readonly path: string;
  /** Of axes of the inputs whose size the file leaves open. */
  readonly openSize: number | null;
}

/** As a thread gets it. */
export type TimedImportTask = ImportTask & { readonly begun: Begun };

/** The weights as safetensors. */
export interface ReadModel extends Omit<ImportedModel, 'weights'> {
  readonly weights: Uint8Array | null;
}

export type ImportTaskResult = Result<ReadModel, ImportFailure>;

export interface ModelImporter {
  /** Nothing of it stays. @throws FileRefused where it is too large */
  read(content: Readable, openSize: number | null, maxBytes: number): Promise<ImportTaskResult>;
  close(): Promise<void>;
}

const MODEL = 'model';

/** @param directory of the uploads, which is tidied at every start */
export function createModelImporter(directory: string, time = READING_TIME): ModelImporter {
  // No thread is kept: what a broken file has done to the memory of one does not reach the next.
  const pool = createTaskPool<ImportTask, ImportTaskResult>(threadProgram('import.worker'), {
    idleMs: 0,
    time,
  });
  const run = (task: ImportTask): Promise<ImportTaskResult> =>
    pool.run(task).catch((error: unknown) => {
      if (!(error instanceof TaskTooLong)) throw error;
      const message = `reading the model takes more than ${time.cpu / 1000} s: it may be damaged; write it again`;
      return fail({ code: 'file_unreadable', message });
    });
  return {
    read: (content, openSize, maxBytes) =>
      receive(content, { directory, name: MODEL, limit: maxBytes }, ({ folder }) =>
        run({ path: join(folder, MODEL), openSize }),
      ),
    close: () => pool.close(),
  };
}
