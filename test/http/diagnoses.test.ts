/** @file POST /v1/diagnoses: trainings that were measured in PyTorch, and what is not one. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/diagnosis/index.ts';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

interface Diagnosis {
  readonly verdict: string;
  readonly root_cause: string | null;
  readonly checks: readonly Check[];
  readonly remedies: readonly {
    remedy: string;
    patch: unknown[] | null;
    verification: { status: string };
    snippets: { pytorch: string } | null;
  }[];
  readonly errors?: readonly { pointer: string; message: string }[];
}

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const recorded = (name: string): { traces: Record<string, unknown>[] } =>
  JSON.parse(readFileSync(new URL(`../reference/traces/${name}.json`, import.meta.url), 'utf8'));

async function diagnose(body: unknown, status = 200): Promise<Diagnosis> {
  const response = await service.post('/v1/diagnoses', body);
  expect(response.status).toBe(status);
  return (await response.json()) as Diagnosis;
}

/** As deep_sigmoid.json was recorded of it. */
const sigmoids = (changes: Record<string, unknown> = {}, depth = 12, activation = 'sigmoid') =>
  tinyExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'repeat', times: depth, layers: [{ type: 'dense', units: 24, activation }] },
        { type: 'dense', units: 2 },
      ],
    },
    ...changes,
  });

const found = ({ checks }: Diagnosis) =>
  checks.filter((check) => check.status === 'found' && check.severity !== 'info').map(({ rule }) => rule);

describe('trainings recorded in PyTorch', () => {
  it('twelve sigmoid layers: the gradient vanishes', async () => {
    const diagnosis = await diagnose(recorded('deep_sigmoid'));
    expect(diagnosis.verdict).toBe('unhealthy');
    expect(found(diagnosis)).toContain('vanishing_gradient');
    expect(diagnosis.root_cause).toBe('vanishing_gradient');
    const check = diagnosis.checks.find(({ rule }) => rule === 'vanishing_gradient');
    expect(check?.layers.slice(0, 3)).toEqual(['0', '2', '4']);
    expect(diagnosis.remedies.map(({ remedy }) => remedy)).toContain('add_batch_norm');
    for (const { verification, patch } of diagnosis.remedies) {
      expect(verification.status).toBe('not_run');
      expect(patch).toBeNull();
    }
  });

  it('two ReLU layers: healthy, and what was not measured is said to be so', async () => {
    const diagnosis = await diagnose(recorded('healthy_relu'));
    expect([diagnosis.verdict, diagnosis.root_cause]).toEqual(['healthy', null]);
    expect(diagnosis.remedies).toEqual([]);
    const sharpness = diagnosis.checks.find(({ rule }) => rule === 'sharpness');
    expect(sharpness).toMatchObject({
      status: 'not_evaluable',
      explanation: expect.stringContaining('the trace lacks the `experiment`'),
    });
    expect(diagnosis.checks.find(({ rule }) => rule === 'vanishing_gradient')?.status).toBe('clear');
  });

  it('biases of −10: the units are dead', async () => {
    const diagnosis = await diagnose(recorded('dead_relu'));
    expect(diagnosis.checks.find(({ rule }) => rule === 'dead_units')).toMatchObject({
      status: 'found',
      severity: 'critical',
      layers: ['0', '2'],
    });
  });

  it('with the experiment, remedies come as patches and code', async () => {
    const diagnosis = await diagnose({ ...recorded('deep_sigmoid'), experiment: sigmoids() });
    const relu = diagnosis.remedies.find(({ remedy }) => remedy === 'use_relu');
    expect(relu?.patch?.length).toBeGreaterThan(0);
    expect(relu?.snippets?.pytorch).toContain('nn.ReLU()');
    expect(diagnosis.checks.find(({ rule }) => rule === 'loss_output_mismatch')?.status).not.toBe(
      'not_evaluable',
    );
  });

  it('takes thresholds from the experiment', async () => {
    const experiment = sigmoids({
      diagnostics: { rules: { vanishing_gradient: { gradient_ratio: 1e-30, standstill_ratio: 1e-30 } } },
    });
    expect(found(await diagnose({ ...recorded('deep_sigmoid'), experiment }))).not.toContain(
      'vanishing_gradient',
    );
  });
});

describe('an experiment of another network', () => {
  const hidden = { type: 'dense', units: 24, activation: 'sigmoid' };
  const ended = (layers: readonly object[]) =>
    tinyExperiment({
      network: { input: { shape: [2] }, layers: [...layers, { type: 'dense', units: 2 }] },
    });

  it.each([
    ['of fewer layers', sigmoids({}, 11), /its layer "22" gives \[24\], 600 parameters, sigmoid/],
    ['of more layers', sigmoids({}, 13), /its layer "24" gives \[2\].*dense_13 \(\[24\], 600 parameters/],
    ['of other activations', sigmoids({}, 12, 'tanh'), /its layer "0" gives \[24\], 72 parameters, sigmoid/],
    ['of other units', tinyExperiment(), /its layer "0" gives \[24\]/],
  ])('%s is refused at its network', async (_, experiment, says) => {
    const { errors } = await diagnose({ ...recorded('deep_sigmoid'), experiment }, 422);
    expect(errors?.map(({ pointer }) => pointer)).toEqual(['/experiment/network']);
    expect(errors?.[0]?.message).toMatch(says);
  });

  it('of another output, or with a kind of layer that the trace has not, is refused', async () => {
    const layer = { name: 'a', output_shape: [4], parameters: 12 };
    const traces = (more: object) => [{ layers: [layer, { ...layer, name: 'b', ...more }], losses: [1] }];
    const refused = async (more: object) =>
      (await diagnose({ traces: traces(more), experiment: tinyExperiment() }, 422)).errors?.[0]?.message;
    expect(await refused({ output_shape: [3], is_output: true })).toMatch(/its output "b" gives \[3\]/);
    expect(await refused({ type: 'lstm' })).toMatch(/its layer "b" is of type lstm/);
  });

  describe('with a loop, a table or attention', () => {
    const tagger = (units: number, dimensions: number, classes = 3) => ({
      network: {
        input: { shape: [6], dtype: 'token' },
        layers: [
          { type: 'embedding', vocabulary: 10, dimensions },
          { type: 'bidirectional', layer: { type: 'lstm', units, return_sequences: true } },
          { type: 'self_attention', heads: 2 },
          { type: 'dense', units: 7, activation: 'relu' },
          { type: 'dense', units: classes },
        ],
      },
      data: { type: 'copy_memory', samples: 50, length: 2, items: 2, symbols: 2 },
      training: { loss: 'softmax_cross_entropy', optimizer: 'adam', steps: 10 },
    });
    const given = (name: string, type: string, width: number, parameters: number, more: object = {}) => ({
      ...{ name, type, output_shape: [6, width], parameters },
      ...more,
    });
    /** As the package for Python records it: an LSTM of two directions has biases of two kinds. */
    const layers = [
      given('table', 'embedding', 8, 80),
      given('loop', 'lstm', 8, 2 * (8 * 16 + 4 * 16 + 2 * 16)),
      given('attention', 'self_attention', 8, 4 * 72),
      given('hidden', 'dense', 7, 63),
      given('head', 'dense', 4, 32, { is_output: true }),
    ];
    const asked = (experiment: object, status?: number) =>
      diagnose({ traces: [{ layers, losses: [1] }], experiment }, status);

    it('is taken where it is the same', async () => {
      await asked(tagger(4, 8, 4));
    });
    it.each([
      ['a narrower loop', tagger(3, 8, 4), /its layer "loop" \(lstm\) gives 8 numbers.* give 6/],
      ['a narrower table', tagger(4, 6, 4), /its layer "table" \(embedding\) gives 8 numbers.* give 6/],
    ])('is refused with %s', async (_, experiment, says) => {
      const { errors } = await asked(experiment, 422);
      expect(errors?.map(({ pointer }) => pointer)).toEqual(['/experiment/network']);
      expect(errors?.[0]?.message).toMatch(says);
    });
    it('is refused where none of its plain layers is in the trace', async () => {
      const others = layers.map((one) => (one.type === 'dense' ? { ...one, parameters: 99 } : one));
      const { errors } = await diagnose(
        { traces: [{ layers: others, losses: [1] }], experiment: tagger(4, 8, 4) },
        422,
      );
      expect(errors?.[0]?.message).toMatch(/none of its layers has as many parameters as dense_1/);
    });
  });

  it('but not one whose layers are recorded in another way', async () => {
    const { traces } = recorded('healthy_relu');
    const [trace] = traces as [{ layers: Record<string, unknown>[] }];
    const relus = ended([
      { ...hidden, activation: 'relu' },
      { ...hidden, activation: 'relu' },
    ]);
    const apart = trace.layers.flatMap((layer) => [
      { ...layer, activation: null },
      { name: `${layer.name}_relu`, type: 'relu', output_shape: layer.output_shape },
    ]);
    const uncounted = trace.layers.map(({ name, output_shape }) => ({ name, output_shape }));
    for (const layers of [trace.layers, apart, uncounted])
      await diagnose({ traces: [{ ...trace, layers }], experiment: relus });
    const normalized = ended([hidden, { type: 'batch_norm' }, hidden]);
    await diagnose({
      traces: [
        {
          losses: [1],
          layers: [
            { name: 'a', output_shape: [24], parameters: 72 },
            { name: 'norm', type: 'batch_norm', output_shape: [24], parameters: 48, activation: 'sigmoid' },
            { name: 'b', output_shape: [24], parameters: 600 },
            { name: 'c', output_shape: [2], parameters: 50, is_output: true },
          ],
        },
      ],
      experiment: normalized,
    });
  });
});

describe('what is no trace', () => {
  const layer = { name: 'a', output_shape: [2] };
  it.each([
    [{}, '/traces'],
    [{ traces: [] }, '/traces'],
    [{ traces: [{ layers: [layer], losses: [] }] }, '/traces/0/losses'],
    [
      { traces: [{ layers: [{ ...layer, activation: 'rellu' }], losses: [1] }] },
      '/traces/0/layers/0/activation',
    ],
    [
      {
        traces: [
          {
            layers: [layer],
            losses: [1],
            series: [{ layer: 'a', tensor: 'output', metric: 'rms', steps: [0], values: [] }],
          },
        ],
      },
      '/traces/0/series/0',
    ],
    [
      {
        traces: [{ layers: [layer], losses: [1] }],
        experiment: { ...tinyExperiment(), data: { type: 'moon' } },
      },
      '/experiment/data/type',
    ],
    [
      {
        traces: [{ layers: [layer], losses: [1] }],
        experiment: tinyExperiment({ diagnostics: { rules: { dead: {} } } }),
      },
      '/experiment/diagnostics/rules/dead',
    ],
  ])('%j is refused at %s', async (body, pointer) => {
    const { errors } = await diagnose(body, 422);
    expect(errors?.map((error) => error.pointer)).toContain(pointer);
  });

  it('a loss of NaN is a finding', async () => {
    const diagnosis = await diagnose({ traces: [{ layers: [layer], losses: [1, null, 2] }] });
    expect(diagnosis.checks.find(({ rule }) => rule === 'non_finite_values')).toMatchObject({
      status: 'found',
      first_step: 1,
    });
  });
});

describe('a trace that contradicts itself', () => {
  const layer = { name: 'a', type: 'dense', output_shape: [4], parameters: 8, activation: 'relu' };
  const series = { layer: 'a', tensor: 'output_gradient', metric: 'rms', steps: [0, 1], values: [1, 1] };
  const trace = {
    layers: [layer, { ...layer, name: 'b', is_output: true }],
    losses: [1, 0.9, 0.8],
    series: [series],
  };
  const pass = { step: 1, layer: 'a', units: 4, dead_units: 1 };

  it.each([
    ['/layers/1/name', { layers: [layer, layer] }],
    ['/series/0/layer', { series: [{ ...series, layer: 'c' }] }],
    ['/series/0/tensor', { series: [{ ...series, tensor: 'kernl' }] }],
    ['/series/0/metric', { series: [{ ...series, metric: 'rmsx' }] }],
    ['/series/0/metric', { series: [{ ...series, layer: null, tensor: null }] }],
    ['/series/0/tensor', { series: [{ ...series, layer: null, metric: 'loss' }] }],
    ['/series/0/steps/1', { series: [{ ...series, steps: [1, 0] }] }],
    ['/series/0/steps/1', { series: [{ ...series, steps: [1, 1] }] }],
    ['/series/0/steps/1', { series: [{ ...series, steps: [0, 4] }] }],
    ['/series/1', { series: [series, series] }],
    ['/series/0', { series: [{ ...series, values: [1] }] }],
    ['/series/0/values/1', { series: [{ ...series, values: [1, -1] }] }],
    ['/series/0/values/0', { series: [{ ...series, metric: 'zero_fraction', values: [5, null] }] }],
    ['/gradient_norms', { gradient_norms: [1] }],
    ['/gradient_norms/2', { gradient_norms: [1, null, -1] }],
    ['/class_recall', { class_counts: [1, 2], class_recall: [1] }],
    ['/unit_passes/0/layer', { unit_passes: [{ ...pass, layer: 'c' }] }],
    ['/unit_passes/0/dead_units', { unit_passes: [{ ...pass, dead_units: 5 }] }],
    ['/unit_passes/0/step', { unit_passes: [{ ...pass, step: 9 }] }],
    ['/unit_passes/0/units', { unit_passes: [{ ...pass, units: 5 }] }],
    ['/unit_passes/1/units', { unit_passes: [pass, { ...pass, step: 2, units: 3 }] }],
    ['/unit_passes/1/step', { unit_passes: [pass, { ...pass, step: 0 }] }],
    ['/series/0/metric', { series: [{ ...series, tensor: 'output', metric: 'ratio_to_weight' }] }],
    ['/series/0/metric', { series: [{ ...series, tensor: 'kernel', metric: 'effective_rank' }] }],
    [
      '/series/0/values/0',
      { series: [{ ...series, tensor: 'output', metric: 'effective_rank', values: [0.2, 1] }] },
    ],
    [
      '/series/0/values/1',
      { series: [{ ...series, tensor: 'output', metric: 'effective_rank', values: [4, 40] }] },
    ],
  ])('is refused at %s', async (pointer, wrong) => {
    await diagnose({ traces: [trace] });
    const { errors } = await diagnose({ traces: [{ ...trace, ...wrong }] }, 422);
    expect(errors?.map((one) => one.pointer)).toEqual([`/traces/0${pointer}`]);
  });

  const both = (
    less: string,
    more: string,
    a: (number | null)[],
    b: (number | null)[],
    tensor = 'output',
  ) => ({
    series: [
      { ...series, tensor, metric: less, values: a },
      { ...series, tensor, metric: more, values: b },
    ],
  });

  it.each([
    ['rms above abs_max', '/series/0/values/1', both('rms', 'abs_max', [1, 5], [1, 1])],
    ['a mean beyond abs_max', '/series/0/values/0', both('mean', 'abs_max', [-3, 0], [2, 2])],
    ['a mean of sizes above rms', '/series/0/values/0', both('abs_mean', 'rms', [0.2, 0.1], [0.1, 0.1])],
    ['percentiles out of order', '/series/0/values/1', both('abs_p50', 'abs_p95', [1, 3], [2, 2])],
    ['a percentile above abs_max', '/series/0/values/0', both('abs_p99', 'abs_max', [2, 1], [1, 1])],
    ['a mean below the least', '/series/0/values/0', both('min', 'mean', [1, 0], [-1, 0])],
    ['a deviation beyond abs_max', '/series/0/values/0', both('std', 'abs_max', [3, 0], [2, 2])],
    ['a norm below its largest', '/series/0/values/0', both('abs_max', 'l2_norm', [3, 1], [2, 2], 'kernel')],
  ])('is refused for %s', async (_, pointer, wrong) => {
    const { errors } = await diagnose({ traces: [{ ...trace, ...wrong }] }, 422);
    expect(errors?.map((one) => one.pointer)).toEqual([`/traces/0${pointer}`]);
  });

  it.each([
    ['float32', both('rms', 'abs_max', [1.0000001, 1], [1, 1])],
    ['a logger that keeps three digits', both('rms', 'abs_max', [0.335, 1], [0.3346, 1])],
    ['squares that underflow', both('abs_mean', 'rms', [1e-25, 0], [0, 0])],
    ['numbers that are not finite', both('rms', 'abs_max', [null, 1], [1, 1])],
    ['a deviation over n − 1', both('std', 'abs_max', [1.41, 1], [1, 1])],
    [
      'other steps',
      { series: [series, { ...series, metric: 'abs_max', steps: [2, 3], values: [0.1, 0.1] }] },
    ],
    [
      'another tensor',
      { series: [series, { ...series, tensor: 'output', metric: 'abs_max', values: [0.1, 0.1] }] },
    ],
  ])('takes what comes of %s', async (_, right) => {
    await diagnose({ traces: [{ ...trace, ...right }] });
  });

  it('takes means, curvatures and losses below 0', async () => {
    const signed = [
      { ...series, tensor: 'output', metric: 'mean', values: [-1, -2] },
      { ...series, layer: null, tensor: null, metric: 'sharpness', values: [-3, 1] },
    ];
    await diagnose({ traces: [{ ...trace, series: signed, losses: [-1, -2, -3] }] });
  });

  it.each([
    ['/traces/1/seed', {}],
    ['/traces/1/layers', { seed: 1, layers: [layer, { ...layer, name: 'c' }] }],
  ])('is no seed beside another: refused at %s', async (pointer, other) => {
    await diagnose({ traces: [trace, { ...trace, seed: 1 }] });
    const { errors } = await diagnose({ traces: [trace, { ...trace, ...other }] }, 422);
    expect(errors?.map((one) => one.pointer)).toEqual([pointer]);
  });

  it('is inconclusive where no gradient was measured, and says how to record it', async () => {
    const { verdict, to_measure } = (await diagnose({
      traces: [{ ...trace, losses: [1, 0.5, 0.2], series: [] }],
    })) as Diagnosis & { to_measure: string[] };
    expect(verdict).toBe('inconclusive');
    expect(to_measure.join(' ')).toMatch(/exploding_gradient: .*`output_gradient`, metric `rms`/);
    expect(to_measure.join(' ')).not.toContain('probe_every');
  });

  it('gets the remedies that cured such findings most often first, and none that is there', async () => {
    const { remedies } = await diagnose(recorded('deep_sigmoid'));
    const ranks = remedies as unknown as { remedy: string; rank: number; suggested: boolean }[];
    expect(ranks.map(({ rank }) => rank)).toEqual(ranks.map((_, i) => i + 1));
    expect(ranks.filter(({ suggested }) => suggested)).toHaveLength(3);
    const at = (name: string) => ranks.findIndex(({ remedy }) => remedy === name);
    expect(at('add_batch_norm')).toBeLessThan(at('use_gelu'));
    for (const absent of ['use_lstm', 'reduce_dropout', 'lower_batch_norm_momentum'])
      expect(at(absent)).toBe(-1);
  });
});
