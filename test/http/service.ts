/** @file A real service for tests: its own process-wide port, its own data directory, real worker threads. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../src/config.ts';
import type { Job } from '../../src/jobs/index.ts';
import { startService } from '../../src/service.ts';
import { check } from './answers.ts';

export interface TestService {
  readonly url: string;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Submits and waits for the end. */
  finish(experiment: unknown): Promise<Job>;
  /** Ends it; its data stay. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export async function startTestService(limits: Record<string, string> = {}): Promise<TestService> {
  const dataDir = limits.DATA_DIR ?? mkdtempSync(join(tmpdir(), 'gradclinic-test-'));
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'silent',
    WORKER_THREADS: '2',
    // The client shares the process: what it does to the event loop is not the service's load.
    MAX_EVENT_LOOP_DELAY_MS: '60000',
    ...limits,
  });
  const service = await startService(config);
  // Whatever a test looks at, the answer has to be one that openapi.json allows.
  const get = async (path: string, headers: Record<string, string> = {}) =>
    check('GET', service.url + path, await fetch(service.url + path, { headers }));
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(service.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return check('POST', service.url + path, response);
  };
  /** A busy machine may refuse: asks again, as any client should. */
  const accepted = async (experiment: unknown): Promise<Response> => {
    for (;;) {
      const response = await post('/v1/jobs', experiment);
      if (response.status !== 503) return response;
      await sleep(1000 * Number(response.headers.get('retry-after')));
    }
  };
  return {
    url: service.url,
    get,
    post,
    async finish(experiment) {
      const submitted = (await (await accepted(experiment)).json()) as Job;
      for (;;) {
        const job = (await (await get(`/v1/jobs/${submitted.id}`, { prefer: 'wait=30' })).json()) as Job;
        if (job.status !== 'queued' && job.status !== 'running') return job;
      }
    },
    async stop() {
      await service.close();
    },
    async close() {
      await service.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export const readExample = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../../examples/${name}.json`, import.meta.url), 'utf8'));

/** What makes a training endless, for a test. Probed seldom: the size of a trace is bounded. */
export const endlessTraining = () => ({
  training: { ...(tinyExperiment().training as object), steps: 1_000_000 },
  diagnostics: { probe_every: 1000 },
});

/** A study of well under a second. */
export const tinyExperiment = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: 'tiny',
  network: {
    input: { shape: [2] },
    layers: [
      { type: 'dense', units: 4, activation: 'tanh' },
      { type: 'dense', units: 2 },
    ],
  },
  data: { type: 'blobs', samples: 60, centers: 2 },
  training: {
    loss: 'softmax_cross_entropy',
    optimizer: { type: 'adam', learning_rate: 0.05 },
    batch_size: 16,
    steps: 40,
  },
  remedies: { seeds: 2, min_duration_s: 4 },
  ...changes,
});
