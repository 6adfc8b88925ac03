/** @file POST /v1/jobs/{id}/rerun: the same job again, whatever became of it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const json = async (answer: Promise<Response>) => (await (await answer).json()) as Job;
const again = (id: string, headers = {}) => service.post(`/v1/jobs/${id}/rerun`, '', headers);
async function ended(id: string): Promise<Job> {
  for (;;) {
    const job = await json(service.get(`/v1/jobs/${id}`, { prefer: 'wait=30' }));
    if (job.status !== 'queued' && job.status !== 'running') return job;
  }
}
const unverified = { verify: false, seeds: 1 };

it('trains the same data to the same losses, also where the report names the data by their hash alone', async () => {
  const inputs = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
  const targets = inputs.map(([x = 0]) => Number(x > 0));
  const experiment = tinyExperiment({
    data: { type: 'inline', inputs, targets },
    remedies: unverified,
    metadata: { ticket: 'ML-7' },
  });
  const first = await service.finish(experiment);
  const answer = await again(first.id, { 'idempotency-key': 'once' });
  expect(answer.status).toBe(202);
  const second = (await answer.json()) as Job;
  expect(answer.headers.get('location')).toBe(`/v1/jobs/${second.id}`);
  expect(second.id).not.toBe(first.id);
  expect(second).toMatchObject({ name: 'tiny', metadata: { ticket: 'ML-7' }, kind: 'study', webhook: null });
  expect((await ended(second.id)).status).toBe('succeeded');
  const losses = async (id: string) =>
    (await service.get(`/v1/jobs/${id}/series?run=baseline/0&metric=loss`)).json();
  expect(await losses(second.id)).toEqual(await losses(first.id));
  // A retry of the request makes no third job.
  expect((await json(again(first.id, { 'idempotency-key': 'once' }))).id).toBe(second.id);
});

it('begins again what was canceled', async () => {
  const { id } = await json(service.post('/v1/jobs', tinyExperiment(endlessTraining())));
  await service.post(`/v1/jobs/${id}/cancel`, '');
  expect((await ended(id)).status).toBe('canceled');
  const next = await json(again(id));
  expect(next.status).toMatch(/queued|running/);
  expect(next.estimate).toEqual((await ended(id)).estimate);
  await service.post(`/v1/jobs/${next.id}/cancel`, '');
});

it('makes a search of a search', async () => {
  const body = { experiment: tinyExperiment({ remedies: unverified }), activations: ['relu', 'tanh'] };
  const { id } = await json(service.post('/v1/searches', body));
  expect((await ended(id)).status).toBe('succeeded');
  const next = await json(again(id));
  expect(next).toMatchObject({ kind: 'search', estimate: { trials: expect.any(Number) } });
  expect((await ended(next.id)).status).toBe('succeeded');
  const report = async (job: string) => ({
    ...((await (await service.get(`/v1/jobs/${job}/result`)).json()) as object),
    job_id: '',
  });
  // A search is deterministic.
  expect(await report(next.id)).toEqual(await report(id));
});

it('knows no job that is not there', async () => {
  expect((await again('job_unknown')).status).toBe(404);
});
