/** @file Files in requests: those that a body names are brought to this process, if they belong to the caller. */
import { FileRefused } from '../files/index.ts';
import type { FileService, FileUse } from '../jobs/index.ts';
import type { NamedFile } from './named_files.ts';
import { HttpProblem, validationFailed } from './problem.ts';

/**
 * Makes the files that a body names usable in this process and its threads.
 * @throws HttpProblem validation_failed for a file that is not there, or another's
 */
export async function provideFiles(named: readonly NamedFile[], files: FileService): Promise<void> {
  const missing = new Set(await files.provide(named.map(({ id }) => id)));
  if (missing.size === 0) return;
  throw validationFailed(
    named
      .filter(({ id }) => missing.has(id))
      .map(({ id, pointer }) => ({
        pointer,
        message: `there is no file ${JSON.stringify(id.slice(0, 100))}`,
        fix: 'upload it with POST /v1/files; GET /v1/files lists those that are there',
      })),
  );
}

export function refusedFile({ code, message, fix }: FileRefused): HttpProblem {
  const problem = code === 'too_large' ? 'file_too_large' : 'file_unreadable';
  return new HttpProblem(problem, fix === undefined ? message : `${message}; ${fix}`);
}

/** Decodes the images that a preflight looks at. @throws HttpProblem file_unreadable */
export const decodeImages = (use: FileUse, files: FileService): Promise<void> =>
  files.bring(use).catch((error: unknown) => {
    throw error instanceof FileRefused ? refusedFile(error) : error;
  });
