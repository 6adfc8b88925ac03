/** @file Files in requests: those that a body names are brought to this process, if they belong to the caller. */
import { FileRefused } from '../files/index.ts';
import type { FileService } from '../jobs/index.ts';
import { parseJsonBody } from './json_body.ts';
import type { NamedFile } from './named_files.ts';
import { parseRequest } from './parse_request.ts';
import { HttpProblem, validationFailed } from './problem.ts';

/** A larger body is not parsed here, where everybody waits. */
const MAX_PARSED_BYTES = 2 ** 20;

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
        message: `there is no file ${JSON.stringify(id)}`,
        fix: 'upload it with POST /v1/files; GET /v1/files lists those that are there',
      })),
  );
}

export function refusedFile({ code, message, fix }: FileRefused): HttpProblem {
  const problem = code === 'too_large' ? 'file_too_large' : 'file_unreadable';
  return new HttpProblem(problem, fix === undefined ? message : `${message}; ${fix}`);
}

/** Decodes the images that a preflight looks at. @throws HttpProblem file_unreadable */
export async function decodeImages(bytes: Buffer, files: FileService): Promise<void> {
  if (bytes.length > MAX_PARSED_BYTES) return;
  await files.bring(parseRequest(parseJsonBody(bytes)).experiment).catch((error: unknown) => {
    throw error instanceof FileRefused ? refusedFile(error) : error;
  });
}
