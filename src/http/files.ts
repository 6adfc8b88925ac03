/** @file Files in requests: those that a body names are brought to this process, if they are of who asks. */
import type { Experiment, Problem } from '../experiment/index.ts';
import { FileRefused } from '../files/index.ts';
import type { FileService } from '../jobs/index.ts';
import { parseJsonBody } from './json_body.ts';
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

/** Bytes without it name no file. */
const MARK = '"file';

/** The body, where it names a file; null where it does not, which the bytes alone mostly tell. */
export function bodyWithFiles(bytes: Buffer): unknown {
  if (!bytes.includes(MARK)) return null;
  const body = parseJsonBody(bytes);
  if (!isObject(body)) return null;
  return [...namedFiles(body, ''), ...namedFiles(body.experiment, '')].length > 0 ? body : null;
}

/** @throws HttpProblem validation_failed for a file that is not there, or another's */
export async function provideFiles(body: unknown, files: FileService): Promise<void> {
  if (!isObject(body)) return;
  const named = [...namedFiles(body, ''), ...namedFiles(body.experiment, '/experiment')];
  if (named.length === 0) return;
  const missing = new Set(await files.provide(named.map(({ id }) => id)));
  const problems: Problem[] = named
    .filter(({ id }) => missing.has(id))
    .map(({ id, pointer }) => ({
      pointer,
      message: `there is no file ${JSON.stringify(id.slice(0, 100))}`,
      fix: 'upload it with POST /v1/files; GET /v1/files lists those that are there',
    }));
  if (problems.length > 0) throw validationFailed(problems);
}

export function refusedFile({ code, message, fix }: FileRefused): HttpProblem {
  const problem = code === 'too_large' ? 'file_too_large' : 'file_unreadable';
  return new HttpProblem(problem, fix === undefined ? message : `${message}; ${fix}`);
}

/** Makes all that an experiment reads usable in this process. @throws HttpProblem file_unreadable */
export async function bringFiles(experiment: Experiment, files: FileService): Promise<void> {
  await files.bring(experiment).catch((error: unknown) => {
    throw error instanceof FileRefused ? refusedFile(error) : error;
  });
}
