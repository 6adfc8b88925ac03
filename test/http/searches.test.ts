/** @file POST /v1/searches: a job that ranks activations. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { type SearchReport, searchReportSchema } from '../../src/study/index.ts';
import { isLong } from '../long.ts';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** Eight layers: sigmoid does not learn here, tanh does. */
const deep = {
  network: {
    input: { shape: [2] },
    layers: [
      { type: 'repeat', times: 8, layers: [{ type: 'dense', units: 16, activation: 'sigmoid' }] },
      { type: 'dense', units: 2 },
    ],
  },
  data: { type: 'moons', samples: 300 },
  training: {
    loss: 'softmax_cross_entropy',
    optimizer: { type: 'adam', learning_rate: 0.005 },
    batch_size: 32,
    steps: 160,
  },
  remedies: { seeds: 3 },
};

async function search(body: unknown): Promise<{ job: Job; report: SearchReport }> {
  const submitted = await service.post('/v1/searches', body);
  expect(submitted.status).toBe(202);
  const { id } = (await submitted.json()) as Job;
  for (;;) {
    const job = (await (await service.get(`/v1/jobs/${id}`, { prefer: 'wait=30' })).json()) as Job;
    if (job.status === 'queued' || job.status === 'running') continue;
    expect(job.status).toBe('succeeded');
    const text: unknown = await (await service.get(`/v1/jobs/${id}/result`)).json();
    return { job, report: searchReportSchema.parse(text) };
  }
}

describe('search', () => {
  it('ranks activations on paired seeds, halving, with what the network is as it is among them', async () => {
    const activations = ['sigmoid', 'tanh', 'elu', 'softsign', { expression: 'x * sigmoid(1.7 * x)' }];
    const { job, report } = await search({ experiment: deep, activations });
    expect(job).toMatchObject({ kind: 'search', summary: { verdict: 'healthy' } });
    expect(report.rounds.map(({ candidates }) => candidates)).toEqual([
      6,
      expect.any(Number),
      expect.any(Number),
    ]);
    expect(report.ranking).toHaveLength(6);
    expect(report.ranking.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6]);
    const [best] = report.ranking;
    expect(best?.activation).not.toBe('sigmoid');
    expect(best).toMatchObject({ round: 3, seeds: [0, 1, 2], verdict: 'healthy', metric: 'validation_loss' });
    expect(best?.confidence_interval[0]).toBeLessThan(best?.mean as number);
    const asItIs = report.ranking.find(({ activation }) => activation === null);
    expect(asItIs).toMatchObject({ round: 3, patch: [], verdict: 'unhealthy' });
    expect(asItIs?.findings).toContain('vanishing_gradient');
    expect(asItIs?.gradient_ratio as number).toBeLessThan(best?.gradient_ratio as number);
    expect(report.best?.snippets.pytorch).toContain('nn.Sequential(');
    // The statistics of the last round are kept, as of any run.
    const rows = await service.get(`/v1/jobs/${job.id}/statistics?run=baseline/0&metric=loss&limit=5`);
    expect(rows.status).toBe(200);
  });

  it('designs activations, and holds the best against controls on fresh seeds and on data that it never saw', async () => {
    const shallow = {
      ...deep,
      network: {
        input: { shape: [2] },
        layers: [
          { type: 'repeat', times: 2, layers: [{ type: 'dense', units: 8, activation: 'sigmoid' }] },
          { type: 'dense', units: 2 },
        ],
      },
      training: { ...deep.training, steps: 40 },
      remedies: { seeds: 2 },
    };
    const design = { generations: 2, population: 4, seed: 1 };
    const { job, report } = await search({ experiment: shallow, design });
    expect(job.progress.best?.formula).toBe(report.design?.generations.at(-1)?.best?.formula);
    expect(report.design).toMatchObject({ depth: 2, second_data: { type: 'circles' } });
    expect(report.design?.generations.map(({ trained }) => trained)).toEqual([4, 4]);
    expect(report.design?.screened).toHaveLength(8);
    // Four functions, four controls, and the experiment as it is.
    expect(report.ranking).toHaveLength(9);
    expect(report.design?.functions).toHaveLength(4);
    for (const { activation, mean } of report.design?.functions ?? []) {
      const evaluated = await service.post('/v1/activations/evaluate', { activation, inputs: [-1, 0, 1] });
      expect(evaluated.status).toBe(200);
      expect(report.ranking.map((row) => row.mean)).toContain(mean);
    }
    const [own, second] = report.design?.comparisons ?? [];
    expect(own).toMatchObject({ data: 'moons', seeds: [2, 3, 4, 5, 6] });
    expect(second).toMatchObject({ data: 'circles', seeds: [2, 3, 4, 5, 6] });
    expect(own?.better).toBe((own?.confidence_interval[1] as number) < 0);
    expect(report.design?.beats_controls).toBe(own?.better === true && second?.better === true);
    // In short the population alone, in test/unit/design.
    if (!isLong) return;
    const again = await search({ experiment: { ...shallow, name: 'again' }, design });
    expect(again.report.design).toEqual(report.design);
  });

  it.each([
    [{ second_data: { type: 'digits' } }, '/design/second_data', 'does not fit'],
    [
      {
        second_data: {
          type: 'inline',
          inputs: [
            [0, 0],
            [1, 1],
          ],
          targets: [0, 1],
        },
      },
      '/design/second_data',
      'built-in',
    ],
    [{ population: 3 }, '/design/population', '4'],
    [{ populatoin: 8 }, '/design/populatoin', ''],
  ])('refuses the design %j', async (design, pointer, message) => {
    const response = await service.post('/v1/searches', { experiment: deep, design });
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { pointer: string; message: string }[] };
    expect(errors[0]).toMatchObject({ pointer, message: expect.stringContaining(message) });
  });

  it('refuses a design where no layer has an activation', async () => {
    const layers = [{ type: 'dense', units: 2 }];
    const experiment = { ...deep, network: { ...deep.network, layers } };
    const response = await service.post('/v1/searches', { experiment, design: {} });
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { pointer: string; message: string }[] };
    expect(errors[0]).toMatchObject({
      pointer: '/experiment/network/layers',
      message: expect.stringContaining('activation'),
    });
  });

  it('searches initializers and normalizations as well', async () => {
    const body = {
      experiment: { ...deep, remedies: { seeds: 2 } },
      activations: ['sigmoid'],
      initializers: ['glorot_uniform', 'orthogonal'],
      normalizations: ['none', 'batch_norm'],
    };
    const { report } = await search(body);
    expect(report.ranking[0]).toMatchObject({ activation: 'sigmoid', normalization: 'batch_norm' });
  });

  it('has no model, and says so', async () => {
    const { job } = await search({ experiment: tinyExperiment(), activations: ['relu', 'tanh'] });
    const response = await service.get(`/v1/jobs/${job.id}/model`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'weights_not_found' });
  });
});

describe('what is no search', () => {
  it.each([
    [{}, '/experiment'],
    [{ experiment: tinyExperiment(), activations: [] }, '/activations'],
    [{ experiment: tinyExperiment(), activations: ['rellu'] }, '/activations/0'],
    [{ experiment: { ...tinyExperiment(), data: { type: 'moon' } } }, '/experiment/data/type'],
    [{ experiment: tinyExperiment(), normalizations: ['group_norm'] }, '/normalizations/0'],
    [{ experiment: tinyExperiment(), extra: 1 }, '/extra'],
  ])('%j is refused at %s', async (body, pointer) => {
    const response = await service.post('/v1/searches', body);
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: { pointer: string }[] };
    expect(errors.map((error) => error.pointer)).toContain(pointer);
  });
});
