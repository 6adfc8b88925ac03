/** @file Inline data of a real size over HTTP: a study, a search, a diagnosis; reports name the numbers, and repeat them when asked. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLong } from '../faults/workload.ts';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ MAX_TOTAL_FLOPS: '1e15' });
});
afterAll(() => service.close());

const FEATURES = 10;

/** Inputs up to ten million: nothing is learned, and `standardize_inputs` edits `data`. */
const unscaled = (samples: number) => {
  const inputs = Array.from({ length: samples }, (_, i) =>
    Array.from({ length: FEATURES }, (_unused, j) => 1e4 * ((i * 7919 + j * 104_729) % 1000)),
  );
  return {
    type: 'inline',
    inputs,
    targets: inputs.map(([first = 0]) => Number(Math.abs(first - 500e4) < 250e4)),
  };
};

const experiment = (samples: number) =>
  tinyExperiment({
    network: {
      input: { shape: [FEATURES] },
      layers: [
        { type: 'dense', units: 4, activation: 'tanh' },
        { type: 'dense', units: 2 },
      ],
    },
    data: unscaled(samples),
    remedies: { seeds: 1, max_trials: 6 },
  });

const read = async (path: string) => JSON.parse(await (await service.get(path)).text());
const isReference = (data: object, samples: number) => {
  expect(data).toMatchObject({ type: 'inline', sha256: expect.stringMatching(/^[0-9a-f]{64}$/), samples });
  expect(data).not.toHaveProperty('inputs');
};

/** The largest that a body may hold goes through as a job in heavy.test.ts too. */
const SAMPLES = isLong ? [5000, 50_000, 200_000] : [20_000];

describe.each(SAMPLES)('%i samples of 10 numbers', (samples) => {
  it('go through a study; what its report names can be had, and posted again', async () => {
    const body = experiment(samples);
    const job = await service.finish(body);
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    const report = await read(`${job.links.result}`);
    isReference(report.experiment.data, samples);
    expect(JSON.stringify(report).length).toBeLessThan(500_000);
    const standardized = report.remedies.find(
      (row: { remedy: string }) => row.remedy === 'standardize_inputs',
    );
    expect(standardized.patch).toEqual([{ op: 'replace', path: '/data/standardize', value: true }]);
    if (report.recommendation !== null) isReference(report.recommendation.experiment.data, samples);
    const refused = await service.post('/v1/preflight', report.experiment);
    expect(refused.status).toBe(422);
    expect(((await refused.json()) as { errors: unknown }).errors).toEqual([
      expect.objectContaining({ pointer: '/data', fix: expect.stringContaining('add the data') }),
    ]);
    const whole = await read(`${job.links.result}?include=data`);
    expect(whole.experiment.data.targets).toEqual((body.data as { targets: unknown }).targets);
    expect(whole.experiment.data.inputs[samples - 1]).toHaveLength(FEATURES);
    const again = await service.post('/v1/preflight', whole.experiment);
    expect(again.status).toBe(200);
    await again.text();
  });

  it('go through a search', async () => {
    const { remedies: _remedies, ...rest } = experiment(samples);
    const search = { experiment: { ...rest, remedies: { seeds: 1 } }, activations: ['relu'] };
    const submitted = await (await service.post('/v1/searches', search)).json();
    let job = submitted as { id: string; status: string };
    while (job.status === 'queued' || job.status === 'running')
      job = (await (await service.get(`/v1/jobs/${job.id}`, { prefer: 'wait=30' })).json()) as typeof job;
    expect(job.status).toBe('succeeded');
    const report = await read(`/v1/jobs/${job.id}/result`);
    isReference(report.experiment.data, samples);
  });

  it('go through a diagnosis whose remedies edit the data', async () => {
    const layers = [
      { name: 'hidden', output_shape: [4], parameters: 4 * FEATURES + 4, activation: 'tanh' },
      { name: 'output', output_shape: [2], parameters: 10, is_output: true },
    ];
    const traces = [{ layers, losses: new Array(20).fill(0.7), input_rms: 700 }];
    const response = await service.post('/v1/diagnoses', { traces, experiment: experiment(samples) });
    const text = await response.text();
    expect([response.status, response.status === 200 ? '' : text]).toEqual([200, '']);
    const { remedies } = JSON.parse(text);
    expect(remedies.map(({ remedy }: { remedy: string }) => remedy)).toContain('standardize_inputs');
    expect(text.length).toBeLessThan(500_000);
  });
});
