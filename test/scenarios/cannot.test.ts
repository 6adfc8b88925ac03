/** @file What a network cannot do, however it is trained, is told as the cause: on data that no report had. */
import { describe, expect, it } from 'vitest';
import { diagnoseExperiment } from './outcome.ts';
import { published } from './published/index.ts';
import { adam, type Config, dense, residual } from './scenario.ts';

const asked = (config: Config) => diagnoseExperiment({ ...config, remedies: { verify: false } });
const points = Array.from({ length: 300 }, (_, i) => [Math.sin(7 * i), Math.cos(5 * i * i)]);

const regression = (layers: readonly Config[], targets: (x: number, y: number) => number[]): Config => ({
  network: { input: { shape: [2] }, layers },
  data: {
    type: 'inline',
    inputs: points,
    targets: points.map(([x = 0, y = 0]) => targets(x, y)),
  },
  training: { loss: 'mean_squared_error', optimizer: adam(0.01), batch_size: 32, steps: 400 },
});

describe('an output that is 0 for every sample', () => {
  it('is dead though three quarters of the outputs are not', async () => {
    const report = published.find(({ name }) => name === 'four-relus-copy-four-numbers');
    const { found, checks } = await asked(report?.experiment ?? {});
    expect(found[0]).toBe('dead_units');
    const check = checks.find(({ rule }) => rule === 'dead_units');
    expect(check?.evidence[0]).toMatchObject({ metric: 'dead_output_fraction', threshold: 0, value: 0.25 });
    expect(check?.explanation).toMatch(/25 % of the outputs/);
  });
  it('is right where its targets are', async () => {
    const config = regression([dense(16, 'relu'), dense(2, 'relu')], (x, y) => [1 + x * y, 0]);
    const { found, checks } = await asked(config);
    expect(found).toEqual([]);
    const evidence = checks.find(({ rule }) => rule === 'dead_units')?.evidence ?? [];
    expect(evidence.find(({ metric }) => metric === 'dead_output_fraction')?.value).toBe(0);
  });
});

describe('two numbers that are normalized together', () => {
  const normalizing = (width: number, type: string) =>
    regression([dense(width), { type }, dense(16, 'relu'), dense(1)], (x, y) => [x + 2 * y * y]);
  it('keep nothing but their order', async () => {
    const { found, checks } = await asked(normalizing(2, 'layer_norm'));
    expect(found[0]).toBe('degenerate_normalization');
    const { explanation } = checks.find(({ rule }) => rule === found[0]) ?? {};
    expect(explanation).toMatch(/layer_norm_1 two numbers are normalized together/);
  });
  it.each([
    [8, 'layer_norm'],
    [2, 'rms_norm'],
  ])('%i under %s are no finding', async (width, type) => {
    const { checks } = await asked(normalizing(width, type));
    expect(checks.find(({ rule }) => rule === 'degenerate_normalization')?.status).toBe('clear');
  });
});

describe('a network of one layer', () => {
  it('is called linear where it learns nothing and the data are not linear', async () => {
    const { found, checks } = await asked(regression([dense(1)], (x, y) => [x * y]));
    expect(found[0]).toBe('underfitting');
    expect(checks.find(({ rule }) => rule === 'underfitting')?.explanation).toMatch(/no hidden layer/);
  });
  it('is not, where its weights are still as they were drawn', async () => {
    const config = regression([dense(1)], (x, y) => [x * y]);
    const training = { ...(config.training as Config), optimizer: { type: 'sgd', learning_rate: 1e-6 } };
    const { checks } = await asked({ ...config, training });
    const { evidence } = checks.find(({ rule }) => rule === 'underfitting') ?? { evidence: [] };
    expect(evidence.some(({ metric }) => metric === 'linear_gap')).toBe(false);
  });
  it('is healthy where it learns most of them', async () => {
    expect((await asked(regression([dense(1)], (x, y) => [2 * x - y + 0.3 * x * y]))).found).toEqual([]);
  });
});

describe('a network that does not see the order of a sequence', () => {
  const words = Array.from({ length: 400 }, (_, i) =>
    Array.from({ length: 6 }, (__, t) => Math.floor(1e4 * Math.abs(Math.sin(6 * i + t))) % 8),
  );
  const encoder = (label: (sentence: readonly number[]) => number, more: Config = {}): Config => ({
    network: {
      input: { shape: [6], dtype: 'token' },
      layers: [
        { type: 'embedding', vocabulary: 8, dimensions: 12 },
        residual({ type: 'self_attention', heads: 2, ...more }),
        { type: 'layer_norm' },
        dense(24, 'relu'),
        { type: 'global_average_pool1d' },
        dense(4, 'softmax'),
      ],
    },
    data: { type: 'inline', inputs: words, targets: words.map(label) },
    training: {
      loss: 'categorical_cross_entropy',
      optimizer: adam(0.005),
      batch_size: 32,
      steps: 250,
    },
  });
  const last = (sentence: readonly number[]) => (sentence[5] ?? 0) % 4;
  it('is told so where the order matters', async () => {
    const { found, checks } = await asked(encoder(last));
    expect(found[0]).toBe('underfitting');
    expect(checks.find(({ rule }) => rule === 'underfitting')?.explanation).toMatch(/sees the order/);
  });
  it('is healthy where it does not', async () => {
    const most = (sentence: readonly number[]) =>
      Math.min(3, sentence.filter((word) => word === 5 || word === 2).length);
    expect((await asked(encoder(most))).found).toEqual([]);
  });
  it('sees it by a causal mask', async () => {
    const { checks } = await asked(encoder(last, { causal: true }));
    const { evidence } = checks.find(({ rule }) => rule === 'underfitting') ?? { evidence: [] };
    expect(evidence.some(({ metric }) => metric === 'order_gap')).toBe(false);
  });
});
