/** @file The API as the pages use it: typed by the OpenAPI document, with the reader's access key where the service wants one. */
import { signal } from '@preact/signals';
import createClient from 'openapi-fetch';
import type { paths } from './schema.d.ts';
import type { Problem } from './types.ts';

const STORED = 'gradclinic-key';

/** Kept for this tab alone. */
export const accessKey = signal<string | null>(sessionStorage.getItem(STORED));
/** The service has said that it wants a key, or another one. */
export const keyWanted = signal(false);
/** False while the service does not answer. */
export const reachable = signal(true);

export function setAccessKey(key: string | null): void {
  accessKey.value = key;
  keyWanted.value = false;
  if (key === null) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, key);
}

export const authorization = (): Record<string, string> =>
  accessKey.value === null ? {} : { authorization: `Bearer ${accessKey.value}` };

/** What the service said no with, or that it said nothing. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly problem: Problem | null;
  constructor(problem: Problem | null, detail: string) {
    super(detail);
    this.problem = problem;
  }
}

/** Remembers whether the service answers, and whether it wants a key. */
export async function reach(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    reachable.value = true;
    if (response.status === 401) keyWanted.value = true;
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    reachable.value = false;
    throw new ApiError(null, 'The service does not answer.');
  }
}

export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: (request) => {
    for (const [name, value] of Object.entries(authorization())) request.headers.set(name, value);
    return reach(request);
  },
});

/** The data of an answer, or an ApiError. */
export async function answer<T>(
  asked: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok && data !== undefined) return data;
  const problem = (error ?? null) as Problem | null;
  throw new ApiError(problem, problem?.detail ?? `The service answered ${response.status}.`);
}
