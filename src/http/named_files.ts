/** @file The files that the body of a request names. */
import { FILE_ID } from '../files/index.ts';
import type { FileUse } from '../jobs/index.ts';
import { parseRequest } from './parse_request.ts';

export interface NamedFile {
  readonly id: string;
  /** Where the body names it. */
  readonly pointer: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where an experiment may name a file. */
const PLACES = [
  ['data', 'file'],
  ['training', 'initial_weights', 'file'],
] as const;

const namedBy = (experiment: unknown, pointer: string): NamedFile[] =>
  PLACES.flatMap((path) => {
    const id = path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), experiment);
    return typeof id === 'string' && FILE_ID.test(id)
      ? [{ id, pointer: `${pointer}/${path.join('/')}` }]
      : [];
  });

/** In a request thread. @param body an experiment, or something with one */
export const namedFiles = (body: unknown): readonly NamedFile[] =>
  isObject(body) ? [...namedBy(body, ''), ...namedBy(body.experiment, '/experiment')] : [];

/** In a request thread: what of an experiment tells how its files are read. @throws HttpProblem validation_failed */
export function fileUse(body: unknown): FileUse {
  const { data, training } = parseRequest(body).experiment;
  return { data, training };
}

/** True if the body may name files, so that it has to be parsed for them. An id may be written in escapes. */
export const mayNameFiles = (body: Buffer): boolean => body.includes('file_') || body.includes('\\u');
