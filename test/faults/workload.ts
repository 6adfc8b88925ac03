/** @file Jobs for the fault tests: what is submitted, how their ends and reports are read. */
import { expect } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';

/** Whether the long form of the tests was asked for: `npm run test:faults`. */
export const isLong = process.env.FAULTS === 'long';

/** A sick network: its study has about ten short trials. */
export const experiment = (seed: number, { steps = 40, ...changes }: Record<string, unknown> = {}) => ({
  name: `job ${seed}`,
  network: {
    input: { shape: [2] },
    layers: [
      { type: 'repeat', times: 8, layers: [{ type: 'dense', units: 8, activation: 'sigmoid' }] },
      { type: 'dense', units: 2 },
    ],
  },
  data: { type: 'moons', samples: 80 },
  training: {
    loss: 'softmax_cross_entropy',
    optimizer: { type: 'sgd', learning_rate: 0.1 },
    batch_size: 32,
    steps,
  },
  diagnostics: { probe_every: 10 },
  seed,
  remedies: { seeds: 2, max_trials: 10 },
  ...changes,
});

/** A single training of many minutes, probed seldom: the size of a trace is bounded. */
export const endless = () =>
  experiment(0, { steps: 1_000_000, diagnostics: { probe_every: 1000 }, remedies: { verify: false } });

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

export async function submit(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await post(`${url}/v1/jobs`, body, headers);
  expect(response.status).toBe(202);
  return ((await response.json()) as Job).id;
}

export const cancel = async (url: string, id: string) =>
  (await (await post(`${url}/v1/jobs/${id}/cancel`, {})).json()) as Job;

export const readJob = async (url: string, id: string, seconds = 0) =>
  (await (await fetch(`${url}/v1/jobs/${id}`, { headers: { prefer: `wait=${seconds}` } })).json()) as Job;

const isEnded = ({ status }: Job) => status !== 'queued' && status !== 'running';

export async function untilEnded(url: string, id: string): Promise<Job> {
  for (;;) {
    const job = await readJob(url, id, 30);
    if (isEnded(job)) return job;
  }
}

/** Of a job that has succeeded, without its id. */
export async function report(url: string, id: string): Promise<object> {
  const job = await untilEnded(url, id);
  expect(job).toMatchObject({ status: 'succeeded', error: null });
  const { job_id, ...rest } = (await (await fetch(`${url}/v1/jobs/${id}/result`)).json()) as {
    job_id: string;
  };
  expect(job_id).toBe(id);
  return rest;
}

export const reports = (url: string, ids: readonly string[]) => Promise.all(ids.map((id) => report(url, id)));

/** Each status that the job has had. */
export async function statusesOf(url: string, id: string): Promise<unknown[]> {
  const statuses: unknown[] = [];
  for (let after = 0; ; ) {
    const page = await fetch(`${url}/v1/jobs/${id}/events?limit=1000&after=${after}`);
    const { data } = (await page.json()) as {
      data: { seq: number; type: string; data: { status?: string } }[];
    };
    statuses.push(...data.filter(({ type }) => type === 'status').map((event) => event.data.status));
    const last = data.at(-1);
    if (last === undefined) return statuses;
    after = last.seq;
  }
}
