/** @file Preflight, catalogue, activations, manners and limits of a real service. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExample, startTestService, type TestService, tinyExperiment } from './service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ MAX_PARAMETERS: '20000' });
});
afterAll(() => service.close());

describe('POST /v1/preflight', () => {
  it('gives shapes, parameters and cost', async () => {
    const body = (await (await service.post('/v1/preflight', readExample('deep-sigmoid'))).json()) as Record<
      string,
      unknown
    >;
    expect(body).toMatchObject({
      valid: true,
      admissible: true,
      parameters: 11_778,
      steps: 300,
      batch_size: 64,
    });
    const layers = body.layers as { layer: string; parameters: number }[];
    expect(layers.map(({ layer }) => layer)).toEqual([
      ...Array.from({ length: 12 }, (_, i) => `dense_${i + 1}`),
      'logits',
    ]);
    expect(layers[0]?.parameters).toBe(2 * 32 + 32);
    expect(layers[0]).toMatchObject({ reach: 'theory', predicted_gradient_rms: expect.any(Number) });
  });

  it('names the limits that an experiment exceeds; a job is refused with the numbers', async () => {
    const wide = {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units: 9000 },
        { type: 'dense', units: 2 },
      ],
    };
    const experiment = tinyExperiment({ network: wide });
    const preflight = (await (await service.post('/v1/preflight', experiment)).json()) as Record<
      string,
      unknown
    >;
    expect(preflight).toMatchObject({
      admissible: false,
      limits_exceeded: [{ name: 'parameters', value: 45_002, limit: 20_000 }],
    });
    const response = await service.post('/v1/jobs', experiment);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'experiment_too_large',
      limits: [{ name: 'parameters', value: 45_002 }],
    });
  });

  it('bounds the trace, and says how to leave less', async () => {
    const training = { ...(tinyExperiment().training as object), steps: 1_000_000 };
    const experiment = (probe_every: number) => tinyExperiment({ training, diagnostics: { probe_every } });
    const preflight = async (body: unknown) =>
      (await (await service.post('/v1/preflight', body)).json()) as Record<string, unknown>;
    const excess = { name: 'trace_bytes', value: expect.any(Number), limit: 2 ** 28 };
    const dense = await preflight(experiment(1));
    expect(dense).toMatchObject({ admissible: false, limits_exceeded: [excess] });
    const response = await service.post('/v1/jobs', experiment(1));
    expect(await response.json()).toMatchObject({
      code: 'experiment_too_large',
      detail: expect.stringContaining('raise diagnostics.probe_every or use fewer steps'),
      limits: [{ ...excess, value: dense.trace_bytes }],
    });
    expect(await preflight(experiment(100))).toMatchObject({ admissible: true, limits_exceeded: [] });
  });

  it('points at the layer whose shapes do not fit', async () => {
    const layers = [
      { type: 'residual', layers: [{ type: 'flatten' }] },
      { type: 'dense', units: 1 },
    ];
    const network = { input: { shape: [2] }, layers };
    const body = (await (await service.post('/v1/preflight', tinyExperiment({ network }))).json()) as {
      errors: { pointer: string; fix: string }[];
    };
    expect(body.errors).toEqual([
      expect.objectContaining({ pointer: '/network/layers/1', fix: expect.stringContaining('"units": 2') }),
    ]);
  });
});

describe('POST /v1/activations/evaluate', () => {
  const evaluate = async (activation: unknown, inputs: number[]) =>
    (await (await service.post('/v1/activations/evaluate', { activation, inputs })).json()) as {
      values: number[];
      derivatives: number[];
    };

  it('differentiates the sigmoid at 1 as 0.19661…, not as 1 · (1 − 1)', async () => {
    const { values, derivatives } = await evaluate('sigmoid', [1, -100, 100]);
    expect(values[0]).toBeCloseTo(0.7310585786300049, 15);
    expect(derivatives[0]).toBeCloseTo(0.19661193324148185, 15);
    expect(derivatives.slice(1).every((slope) => slope >= 0 && slope < 1e-40)).toBe(true);
  });

  it('evaluates a formula, and points at the character that it does not know', async () => {
    const { values } = await evaluate({ expression: 'where(x > 0, x, -x^2)' }, [2, -3]);
    expect(values).toEqual([2, -9]);
    const response = await service.post('/v1/activations/evaluate', {
      activation: { expression: 'x + $' },
      inputs: [1],
    });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      errors: [{ pointer: '/activation/expression', message: 'unexpected "$" at character 4' }],
    });
  });

  it('sends infinity as null and says so', async () => {
    expect(await evaluate('exponential', [1000])).toMatchObject({
      values: [null],
      non_finite: { 'values[0]': 'inf' },
    });
  });
});

interface Compared {
  readonly gradient_range: { weight_variance: number; ratio: number }[];
  readonly tailored: { activation?: { expression: string }; reason?: string };
}

describe('POST /v1/activations/compare', () => {
  it('compares names and formulas', async () => {
    const body = { activations: ['sigmoid', { expression: 'max(x, 0)' }], depth: 10 };
    const response = await service.post('/v1/activations/compare', body);
    expect(response.status).toBe(200);
    const { depth, activations } = (await response.json()) as {
      depth: number;
      activations: { name: string; theory: { gain: number; edge_of_chaos: { weight_variance: number } } }[];
    };
    expect([depth, ...activations.map(({ name }) => name)]).toEqual([10, 'sigmoid', 'expression']);
    expect(activations[1]?.theory.gain).toBeCloseTo(0.5, 10);
    expect(activations[1]?.theory.edge_of_chaos.weight_variance).toBeCloseTo(2, 10);
  });

  it('gives the gradient as a curve over the weight scale, and the version tailored to the depth', async () => {
    const body = { activations: ['relu', 'tanh', 'softmax'], depth: 20 };
    const answer = await (await service.post('/v1/activations/compare', body)).json();
    const [relu, tanh, softmax] = (answer as { activations: Compared[] }).activations;
    const variances = relu?.gradient_range.map(({ weight_variance }) => weight_variance) ?? [];
    expect(variances.length).toBeGreaterThan(12);
    expect(variances).toEqual(variances.toSorted((a, b) => a - b));
    // Of ReLU, χ₁ = σ_w²/2 whatever q: at σ_w² = 1 twenty layers leave 2^(−20/2) of the gradient's RMS.
    const atOne = relu?.gradient_range.find(({ weight_variance }) => weight_variance === 1);
    expect(Math.log2(atOne?.ratio ?? 0)).toBeCloseTo(-10, 6);
    expect(tanh?.tailored.activation?.expression).toMatch(/tanh/);
    const { activation } = tanh?.tailored ?? {};
    const evaluated = await service.post('/v1/activations/evaluate', { activation, inputs: [0] });
    expect(evaluated.status).toBe(200);
    expect(softmax?.tailored.reason).toContain('softmax');
  });

  it('refuses formulas that would take too long, before it begins', async () => {
    const expression = Array.from({ length: 15 }, (_, i) => `tanh(x*${i})`).join('+');
    const body = { activations: Array.from({ length: 10 }, () => ({ expression })) };
    const response = await service.post('/v1/activations/compare', body);
    // Fifteen functions, fifteen products and fourteen sums each.
    expect([response.status, await response.json()]).toEqual([
      422,
      expect.objectContaining({
        code: 'experiment_too_large',
        limits: [{ name: 'operations', value: 440, limit: 150 }],
      }),
    ]);
  });

  it('points at what it does not know', async () => {
    const response = await service.post('/v1/activations/compare', { activations: ['rel'], depth: 0 });
    expect(response.status).toBe(422);
  });
});

describe('GET /v1/catalog', () => {
  it('carries the theory of an activation', async () => {
    const entry = (await (await service.get('/v1/catalog/activations/relu')).json()) as Record<
      string,
      unknown
    >;
    expect(entry.theory).toMatchObject({ gain: 0.5, edge_of_chaos: { weight_variance: 2 } });
  });

  it('lists every kind and finds an entry', async () => {
    const all = (await (await service.get('/v1/catalog')).json()) as Record<
      string,
      { id: string; sources: string[] }[]
    >;
    expect(all.activations).toHaveLength(22);
    expect(all.remedies?.map(({ id }) => id)).toContain('add_batch_norm');
    const withoutSource = Object.values(all)
      .flat()
      .filter(({ sources }) => sources.length === 0);
    expect(withoutSource.map(({ id }) => id)).toEqual([]);
    const entry = (await (await service.get('/v1/catalog/rules/vanishing_gradient')).json()) as Record<
      string,
      unknown
    >;
    expect(entry.thresholds).toMatchObject({ gradient_ratio: { value: 1e-3 } });
    expect((await service.get('/v1/catalog/rules/nope')).status).toBe(404);
    expect((await service.get('/v1/catalog/__proto__')).status).toBe(404);
  });

  it.each([
    ['br', 'br'],
    ['gzip;q=0, deflate', 'deflate'],
    ['gzip', 'gzip'],
    ['*', 'br'],
  ])('is kept compressed for those who accept %s', async (accepted, encoding) => {
    const response = await service.get('/v1/catalog', { 'accept-encoding': accepted });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    // Of what is compressed for the request, nobody knows the length before.
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1000);
    expect(await response.json()).toHaveProperty('activations');
  });

  it('is sent as it is to those who accept nothing else', async () => {
    const response = await service.get('/v1/catalog', { 'accept-encoding': 'identity, br;q=0' });
    expect(response.headers.get('content-encoding')).toBeNull();
  });
});

describe('manners', () => {
  it('answers wrong methods with 405 and Allow, OPTIONS with 204, HEAD like GET', async () => {
    const put = await fetch(`${service.url}/v1/jobs`, { method: 'PUT' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST, GET, HEAD, OPTIONS']);
    expect((await fetch(`${service.url}/v1/jobs`, { method: 'OPTIONS' })).status).toBe(204);
    expect((await fetch(`${service.url}/v1/jobs`, { method: 'HEAD' })).status).toBe(200);
    expect((await service.get('/v2/jobs')).status).toBe(404);
  });

  it('echoes a safe request id and replaces an unsafe one', async () => {
    expect((await service.get('/healthz?probe=1')).status).toBe(200);
    expect((await service.get('/healthz', { 'x-request-id': 'abc-1' })).headers.get('x-request-id')).toBe(
      'abc-1',
    );
    expect((await service.get('/healthz', { 'x-request-id': 'a b' })).headers.get('x-request-id')).not.toBe(
      'a b',
    );
  });

  it('is healthy, ready and documented', async () => {
    expect((await service.get('/readyz')).status).toBe(200);
    expect(((await (await service.get('/openapi.json')).json()) as { openapi: string }).openapi).toBe(
      '3.1.0',
    );
    expect((await service.get('/docs/')).status).toBe(200);
  });
});
