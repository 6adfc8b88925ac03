/** @file What preflight says before training, against networks made to go wrong in one way each. */
import { describe, expect, it } from 'vitest';
import { staticFindings } from '../../../src/diagnosis/index.ts';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { comparePrediction, predict } from '../../../src/preflight/index.ts';

type Config = Readonly<Record<string, unknown>>;

function findings(layers: readonly Config[], changes: Config = {}, training: Config = {}) {
  const parsed = parseExperiment({
    network: { input: { shape: [2] }, layers },
    data: { type: 'moons', samples: 200 },
    training: { loss: 'softmax_cross_entropy', optimizer: 'adam', steps: 10, ...training },
    ...changes,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment, plan } = parsed.value;
  const prediction = predict(experiment, plan);
  const numbers = prediction.layers.flatMap((layer) => Object.values(layer));
  expect(numbers.filter(Number.isNaN)).toEqual([]);
  return staticFindings(experiment, plan, prediction.data, prediction);
}

const hidden = (activation: string, more: Config = {}): Config => ({
  type: 'dense',
  units: 64,
  activation,
  ...more,
});
const output = { type: 'dense', units: 2 };
const he = { kernel_initializer: 'he_normal' };

describe('static findings', () => {
  it.each([
    [{ type: 'conv1d', filters: 4, kernel_size: 2 }, { type: 'flatten' }],
    [{ type: 'flatten' }, { type: 'dense', units: 4 }],
    [{ type: 'max_pool1d' }, { type: 'flatten' }],
    [{ type: 'permute', dims: [2, 1] }, { type: 'flatten' }],
    [
      { type: 'time_distributed', layers: [{ type: 'batch_norm' }] },
      { type: 'lstm', units: 4 },
    ],
    [
      { type: 'residual', layers: [{ type: 'group_norm', groups: 2 }] },
      { type: 'lstm', units: 4 },
    ],
  ])('tell where a mask ends unheeded: %o', (first, second) => {
    const tokens = {
      network: {
        input: { shape: [8], dtype: 'token' },
        layers: [
          { type: 'embedding', vocabulary: 5, dimensions: 4, mask_zero: true },
          { type: 'layer_norm' },
          first,
          second,
          { type: 'dense', units: 5 },
        ],
      },
      data: {
        type: 'inline',
        inputs: [
          [1, 2, 3, 4, 0, 0, 0, 0],
          [2, 1, 2, 3, 4, 1, 0, 0],
        ],
        targets: [0, 4],
        validation_split: 0,
      },
    };
    const lost = findings([], tokens).filter(({ rule }) => rule === 'lost_mask');
    const inside: Record<string, string[]> = {
      residual: ['group_norm_1', 'residual_1'],
      time_distributed: ['batch_norm_1'],
    };
    const where = inside[first.type] ?? [`${first.type}_1`];
    expect(lost.flatMap(({ layers }) => layers)).toEqual(where);
    expect(lost[0]?.message).toMatch(/padding counts as data/);
  });

  it('are none of masks that every layer obeys', () => {
    const tokens = {
      network: {
        input: { shape: [3], dtype: 'token' },
        layers: [
          { type: 'embedding', vocabulary: 5, dimensions: 4, mask_zero: true },
          { type: 'residual', layers: [{ type: 'self_attention' }, { type: 'dropout', rate: 0.1 }] },
          { type: 'global_max_pool1d' },
          { type: 'dense', units: 2 },
        ],
      },
      data: {
        type: 'inline',
        inputs: [
          [1, 0, 0],
          [2, 3, 0],
        ],
        targets: [0, 1],
        validation_split: 0,
      },
    };
    expect(findings([], tokens).filter(({ rule }) => rule === 'lost_mask')).toEqual([]);
  });

  it('hold values against the thresholds of the request, as the rules do', () => {
    const deep = [{ type: 'repeat', times: 8, layers: [hidden('sigmoid')] }, output];
    const rules = { vanishing_gradient: { gradient_ratio: 1e-12 }, unscaled_inputs: { input_rms: 0.1 } };
    const found = (changes: Config) => findings(deep, changes).map(({ rule }) => rule);
    expect(found({})).toEqual(['vanishing_gradient']);
    expect(found({ diagnostics: { rules } })).toEqual(['unscaled_inputs']);
    expect(findings(deep, { diagnostics: { rules } })[0]).toMatchObject({ threshold: 0.1 });
  });

  it('are none for a network that is set up well', () => {
    expect(findings([hidden('relu', he), hidden('relu', he), output])).toEqual([]);
  });

  it.each([10, 100, 300, 1e3, 1e4, 1e5, 1e6])(
    'name the layer whose values overflow, and the growth of gradients, at weights of %s',
    (stddev) => {
      const layer = { ...hidden('relu', { kernel_initializer: { type: 'normal', stddev } }), units: 8 };
      const found = findings([{ type: 'repeat', times: 60, layers: [layer] }, output]);
      const overflow = found.find(({ rule }) => rule === 'non_finite_values');
      // q grows 4 stddev² fold a layer, from less than 1: float32 ends at q = 1.2e77.
      const expected = Math.ceil(77 / Math.log10(4 * stddev ** 2));
      expect(Math.abs(Number(overflow?.layers[0]?.replace('dense_', '')) - expected)).toBeLessThanOrEqual(2);
      expect(overflow?.value).toBeGreaterThan(3.4e38);
      const exploding = found.find(({ rule }) => rule === 'exploding_gradient');
      expect(exploding?.layers[0]).toBe('dense_1');
      expect(exploding?.value).toBeGreaterThan(1e3);
    },
  );

  it('name the layer of values that even float64 cannot hold', () => {
    const layer = hidden('squared_relu', { kernel_initializer: { type: 'normal', stddev: 1e6 } });
    const [first] = findings([{ type: 'repeat', times: 12, layers: [layer] }, output]);
    expect(first).toMatchObject({ rule: 'non_finite_values', severity: 'critical' });
    const exponential = hidden('exponential', { kernel_initializer: { type: 'normal', stddev: 1e3 } });
    expect(findings([exponential, exponential, output])[0]).toMatchObject({
      rule: 'non_finite_values',
      layers: ['dense_1'],
      value: Number.POSITIVE_INFINITY,
    });
  });

  it.each<[string, string, Config[], Config, Config]>([
    [
      'vanishing_gradient',
      'dense_1',
      [{ type: 'repeat', times: 12, layers: [hidden('sigmoid')] }, output],
      {},
      {},
    ],
    [
      'exploding_gradient',
      'dense_1',
      [
        {
          type: 'repeat',
          times: 8,
          layers: [hidden('relu', { kernel_initializer: { type: 'normal', stddev: 0.8 } })],
        },
        output,
      ],
      {},
      {},
    ],
    ['poor_initialization', 'dense_1', [hidden('tanh', { kernel_initializer: 'zeros' }), output], {}, {}],
    ['loss_output_mismatch', 'dense_2', [hidden('relu', he), { ...output, activation: 'softmax' }], {}, {}],
    [
      'unscaled_inputs',
      '',
      [hidden('relu', he), output],
      { data: { type: 'moons', samples: 200, scale: 500 } },
      {},
    ],
    ['update_ratio', '', [hidden('relu', he), output], {}, { optimizer: { type: 'adam', learning_rate: 3 } }],
    [
      'update_ratio',
      '',
      [hidden('relu', he), output],
      {},
      { optimizer: { type: 'sgd', learning_rate: 1e-9 } },
    ],
  ])('%s', (rule, layer, layers, changes, training) => {
    const found = findings(layers, changes, training);
    expect(found.map((finding) => finding.rule)).toContain(rule);
    const finding = found.find((one) => one.rule === rule);
    expect(finding?.message).not.toBe('');
    if (layer !== '') expect(finding?.layers[0]).toBe(layer);
  });
});

describe('prediction beside measurement', () => {
  const widths = Array(10).fill(256);
  it('tells a gap that neither chance nor width explains', () => {
    expect(comparePrediction([1e-3, 1.1e-3, 0.9e-3], 1e-3, widths)).toMatchObject({ mismatch: false });
    expect(comparePrediction([1e-3, 1.1e-3, 0.9e-3], 1e-5, widths)).toMatchObject({ mismatch: true });
    expect(comparePrediction([1e-3], null, widths)).toMatchObject({ gap: null, mismatch: false });
    expect(comparePrediction([0, 1], 1e-3, widths)).toEqual({ gap: null, tolerance: null, mismatch: false });
  });
  it('forgives narrow networks more than wide ones', () => {
    const narrow = comparePrediction([1, 1], 1, Array(10).fill(8)).tolerance ?? 0;
    expect(narrow).toBeGreaterThan(2 * (comparePrediction([1, 1], 1, widths).tolerance ?? 0));
  });
});
