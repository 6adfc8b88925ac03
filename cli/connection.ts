/** @file Finds the service: the one that was named, the one that PORT says, or one of our own for this call. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, answer, type Client, createClient, type Problem } from '../client/index.ts';
import { readConfig } from '../src/config.ts';
import { Refusal } from './program.ts';

/** Standard output is for results alone: `--json | jq`. */
const STDERR = 2;

export interface Connection {
  readonly url: string;
  readonly client: Client;
  /** Of this call alone: its jobs and files end with it. */
  readonly embedded: boolean;
  close(): Promise<void>;
}

export interface Place {
  readonly url?: string | undefined;
  readonly apiKey?: string | undefined;
}

/** What the options say, else GRADCLINIC_URL and GRADCLINIC_API_KEY: an argument can be seen by every user of the machine. */
export const placeOf = (values: { url?: string | undefined; 'api-key'?: string | undefined }): Place => ({
  url: values.url ?? (process.env.GRADCLINIC_URL || undefined),
  apiKey: values['api-key'] ?? (process.env.GRADCLINIC_API_KEY || undefined),
});

/** As the service itself: PORT says where it listens. */
const defaultUrl = (): string => `http://127.0.0.1:${Number(process.env.PORT) || 8080}`;

const causeOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
};

/** Who answers there; in words why nobody does. */
async function whoAnswers(url: string, withinMs: number): Promise<'gradclinic' | 'other' | Refusal> {
  let response: Response;
  try {
    response = await fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(withinMs) });
  } catch (error) {
    return new Refusal(`no service at ${url}: ${causeOf(error)}`);
  }
  const body: unknown = await response.json().catch(() => null);
  const title = (body as { info?: { title?: unknown } } | null)?.info?.title;
  return title === 'GradClinic' ? 'gradclinic' : 'other';
}

const clientOf = (url: string, apiKey: string | undefined): Client =>
  createClient({
    baseUrl: url,
    apiKey,
    fetch: (request) =>
      fetch(request).catch((error: unknown) => {
        throw new Refusal(`the service at ${url} does not answer any more: ${causeOf(error)}`);
      }),
  });

async function startEmbedded(apiKey: string | undefined): Promise<Connection> {
  const { startService } = await import('../src/service.ts');
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-'));
  const config = { ...readConfig({}), port: 0, dataDir: folder, logLevel: 'error' };
  const service = await startService(config, undefined, STDERR);
  return {
    url: service.url,
    client: clientOf(service.url, apiKey),
    embedded: true,
    close: async () => {
      await service.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A slow service is still one. Where nobody listens, that is known at once. */
const ANSWER_MS = 10_000;

/** @throws Refusal where a service was named, and none answers there */
export async function connectNamed({ url, apiKey }: Place): Promise<Connection> {
  const base = (url ?? defaultUrl()).replace(/\/+$/, '');
  if (!/^https?:\/\//.test(base) || !URL.canParse(base))
    throw new Refusal(`"${base}" is no URL of a service; one looks like http://127.0.0.1:8080`);
  const found = await whoAnswers(base, ANSWER_MS);
  if (found === 'other') throw new Refusal(`${base} answers, but it is not GradClinic`);
  if (found !== 'gradclinic') throw found;
  return { url: base, client: clientOf(base, apiKey), embedded: false, close: async () => {} };
}

/** The service that was named, the default one, or one of our own where none answers there. */
export async function connect({ url, apiKey }: Place): Promise<Connection> {
  if (url !== undefined) return connectNamed({ url, apiKey });
  const base = defaultUrl();
  const found = await whoAnswers(base, ANSWER_MS);
  if (found === 'gradclinic')
    return { url: base, client: clientOf(base, apiKey), embedded: false, close: async () => {} };
  const why = found === 'other' ? `${base} answers, but it is not GradClinic` : `no service at ${base}`;
  console.error(`${why}: starting an embedded one`);
  return startEmbedded(apiKey);
}

/** A problem in lines: what it is, then where and how to mend it. */
function describeProblem({ title, detail, code, errors = [], limits = [] }: Problem): string {
  const places = errors.map(
    ({ pointer, message, fix }) => `  ${pointer || '/'}: ${message}${fix ? ` (${fix})` : ''}`,
  );
  const over = limits.map(({ name, value, limit }) => `  ${name}: ${value}, the limit is ${limit}`);
  return [`${title}: ${detail} [${code}]`, ...places, ...over].join('\n');
}

/** Statuses that say something of what was sent. */
const OF_CONTENT: readonly number[] = [400, 413, 415, 422];

/**
 * The data of an answer.
 * @param file whose content was sent
 * @throws Refusal with all that the service says is wrong
 */
export async function ask<T>(asked: Parameters<typeof answer<T>>[0], file?: string): Promise<T> {
  try {
    return await answer(asked);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.problem === null) throw new Refusal(error.message);
    const of = file !== undefined && OF_CONTENT.includes(error.problem.status) ? `${file}: ` : '';
    throw new Refusal(of + describeProblem(error.problem));
  }
}
