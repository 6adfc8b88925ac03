/** @file Files in requests: those that a body names are brought to this process, if they belong to the caller. */
import type { Problem } from '../experiment/index.ts';
import { FileRefused } from '../files/index.ts';
import type { FileService } from '../jobs/index.ts';
import { parseJsonBody } from './json_body.ts';
import { parseRequest } from './parse_request.ts';
import { HttpProblem, validationFailed } from './problem.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where an experiment may name a file. */
const PLACES = [
  ['data', 'file'],
  ['training', 'initial_weights', 'file'],
] as const;

function namedFiles(experiment: unknown, pointer: string): { id: string; pointer: string }[] {
  return PLACES.flatMap((path) => {
    const id = path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), experiment);
    return typeof id === 'string' ? [{ id, pointer: `${pointer}/${path.join('/')}` }] : [];
  });
}

/** An id in a body that was not parsed. */
const NAMED = /"file"\s*:\s*"(file_[0-9a-f]{32})"/g;

const idsIn = (bytes: Buffer): string[] =>
  bytes.includes('"file_')
    ? [...bytes.toString('latin1').matchAll(NAMED)].map((match) => match[1] as string)
    : [];

/** A larger body is not parsed here, where everybody waits: the problem has no pointer then. */
const MAX_PARSED_BYTES = 2 ** 20;

function missingFiles(bytes: Buffer, missing: ReadonlySet<string>): Problem[] {
  const body = bytes.length > MAX_PARSED_BYTES ? null : parseJsonBody(bytes);
  const named = isObject(body)
    ? [...namedFiles(body, ''), ...namedFiles(body.experiment, '/experiment')]
    : [];
  const pointerOf = (id: string) => named.find((one) => one.id === id)?.pointer ?? '';
  return [...missing].map((id) => ({
    pointer: pointerOf(id),
    message: `there is no file ${JSON.stringify(id)}`,
    fix: 'upload it with POST /v1/files; GET /v1/files lists those that are there',
  }));
}

/**
 * Makes the files that a body names usable in this process and its threads.
 * @returns whether it names any
 * @throws HttpProblem validation_failed for a file that is not there, or another's
 */
export async function provideFiles(bytes: Buffer, files: FileService): Promise<boolean> {
  const ids = idsIn(bytes);
  if (ids.length === 0) return false;
  const missing = new Set(await files.provide(ids));
  if (missing.size > 0) throw validationFailed(missingFiles(bytes, missing));
  return true;
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
