/** @file The service from code, in the browser and in Node.js: every route, its parameters and its answers typed by the OpenAPI document. */
import createFetchClient, { type Client as FetchClient } from 'openapi-fetch';
import type { paths } from './schema.d.ts';
import type { Problem } from './types.ts';

export type Client = FetchClient<paths>;

export interface ClientOptions {
  /** Where the service is, for example http://127.0.0.1:8080. */
  readonly baseUrl: string;
  /** Sent as a bearer token. A function is asked before each request. */
  readonly apiKey?: string | null | undefined | (() => string | null);
  /** In place of the global one. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** The service said no, or nothing; `problem` is what it said, null where it was no problem of this API. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly problem: Problem | null;
  constructor(problem: Problem | null, detail: string) {
    super(detail);
    this.problem = problem;
  }
}

/** `client.GET('/v1/jobs/{id}', { params: { path: { id } } })`; see `answer` for one that throws. */
export function createClient({ baseUrl, apiKey, fetch = globalThis.fetch }: ClientOptions): Client {
  const keyOf = typeof apiKey === 'function' ? apiKey : () => apiKey ?? null;
  return createFetchClient<paths>({
    baseUrl: baseUrl.replace(/\/+$/, ''),
    fetch: (request) => {
      const key = keyOf();
      if (key !== null) request.headers.set('authorization', `Bearer ${key}`);
      return fetch(request);
    },
  });
}

const isProblem = (error: unknown): error is Problem =>
  typeof error === 'object' && error !== null && 'code' in error && 'title' in error;

/**
 * The data of an answer: `await answer(client.GET('/v1/jobs'))`.
 * @throws ApiError where the service refuses
 */
export async function answer<T>(
  asked: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok && data !== undefined) return data;
  const problem = isProblem(error) ? error : null;
  throw new ApiError(problem, problem?.detail ?? `The service answered ${response.status}.`);
}
