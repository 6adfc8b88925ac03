/** @file Talks to the service over HTTP, like any client. */
import { Readable } from 'node:stream';
import type { Job, StoredFile } from '../src/jobs/index.ts';
import type { Report } from '../src/study/index.ts';

/** Refused, failed or unreachable: what is printed before exit code 2. */
export class ServiceError extends Error {
  override name = 'ServiceError';
}

interface ProblemBody {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly errors?: readonly { pointer: string; message: string; fix?: string }[];
}

export interface StatisticsRow {
  readonly step: number;
  readonly layer: string | null;
  readonly value: number | null;
}

function describe(status: number, { title, detail, code, errors = [] }: ProblemBody): string {
  const lines = errors.map(
    ({ pointer, message, fix }) => `  ${pointer || '/'}: ${message}${fix ? ` (${fix})` : ''}`,
  );
  return [`${title ?? 'The service refused'}: ${detail ?? status}${code ? ` [${code}]` : ''}`, ...lines].join(
    '\n',
  );
}

export class Client {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, apiKey: string | undefined) {
    this.#url = url.replace(/\/+$/, '');
    this.#headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  }

  async #request<T>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = { ...this.#headers, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(this.#url + path, { ...init, headers }).catch((error: unknown) => {
      const cause =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new ServiceError(`no service at ${this.#url}: ${cause}`);
    });
    const body = (await this.#json(response)) as T;
    if (!response.ok) throw new ServiceError(describe(response.status, body as ProblemBody));
    return body;
  }

  /** Another program may listen there. */
  async #json(response: Response): Promise<unknown> {
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      throw new ServiceError(`${this.#url} answers, but it is not GradClinic: ${response.status}, no JSON`);
    }
  }

  cancel(id: string): Promise<Job> {
    return this.#request(`/v1/jobs/${id}/cancel`, { method: 'POST' });
  }

  /** The report as one HTML file. */
  async reportFile(id: string): Promise<string> {
    const response = await fetch(`${this.#url}/v1/jobs/${id}/report`, { headers: this.#headers });
    if (!response.ok) throw new ServiceError(`no report file: ${response.status}`);
    return response.text();
  }

  submit(experiment: string): Promise<Job> {
    return this.#request('/v1/jobs', {
      method: 'POST',
      body: experiment,
      headers: { 'content-type': 'application/json' },
    });
  }

  /** Sends a file as it is read. */
  upload(name: string, content: Readable): Promise<StoredFile> {
    return this.#request(`/v1/files?${new URLSearchParams({ name })}`, {
      method: 'POST',
      body: Readable.toWeb(content) as never,
      duplex: 'half',
      headers: { 'content-type': 'application/octet-stream' },
    } as RequestInit);
  }

  /** @param waitSeconds for a terminal state */
  job(id: string, waitSeconds: number): Promise<Job> {
    return this.#request(`/v1/jobs/${id}`, { headers: { prefer: `wait=${waitSeconds}` } });
  }

  report(id: string): Promise<Report> {
    return this.#request(`/v1/jobs/${id}/result`);
  }

  async gradientRms(id: string, run: string): Promise<StatisticsRow[]> {
    const query = new URLSearchParams({ run, tensor: 'kernel.gradient', metric: 'rms', max_points: '2' });
    const page = await this.#request<{ data: StatisticsRow[] }>(`/v1/jobs/${id}/statistics?${query}`);
    return page.data;
  }
}

/** Whether GradClinic answers there: something else that listens is as good as nothing. */
export const answers = async (url: string): Promise<boolean> =>
  fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(2000) })
    .then((response) => response.json())
    .then(
      (body) => (body as { info?: { title?: string } } | null)?.info?.title === 'GradClinic',
      () => false,
    );
