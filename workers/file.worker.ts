/** @file The entry of a thread that reads uploaded files. What is wrong with a file comes back as a value. */

import { begin, decodeFolder, FileRefused, readFolder } from '../src/files/index.ts';
import type { FileTaskResult, TimedFileTask } from '../src/jobs/index.ts';

export default async function runFileTask({ begun, ...task }: TimedFileTask): Promise<FileTaskResult> {
  begin(begun);
  try {
    if (task.kind === 'read') await readFolder(task.folder, task.options);
    else await decodeFolder(task.folder, task.size);
    return { ok: true, value: null };
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    const { code, message, fix } = error;
    return { ok: false, error: { code, message, fix } };
  }
}
