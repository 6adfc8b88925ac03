/** @file Kinds of causes that reports taught, on data that no report had. */
import { describe, expect, it } from 'vitest';
import { diagnoseExperiment } from './outcome.ts';
import { clusters } from './published/parts.ts';
import { adam, type Config, dense, sgd } from './scenario.ts';
import { sickScenarios } from './sick.ts';
import { healthyTaught, sickTaught } from './taught.ts';

const asked = (config: Config) => diagnoseExperiment({ ...config, remedies: { verify: false } });
const points = Array.from({ length: 300 }, (_, i) => [Math.sin(7 * i), Math.cos(5 * i * i)]);
const inline = (targets: (x: number, y: number) => number): Config => ({
  type: 'inline',
  inputs: points,
  targets: points.map(([x = 0, y = 0]) => [targets(x, y)]),
});
const regression = (layers: readonly Config[], data: Config, training: Config): Config => ({
  network: { input: { shape: [2] }, layers },
  data,
  training: { loss: 'mean_squared_error', batch_size: 32, steps: 400, ...training },
});

describe('a network without activations between its layers', () => {
  const linear = [dense(16), { type: 'dropout', rate: 0 }, dense(16), dense(1)];
  it('is called linear where the data are not, however little is missing', async () => {
    const { found, loss_ratio, checks } = await asked(
      regression(
        linear,
        inline((x, y) => 2 * x - y + 1.2 * x * y),
        { optimizer: adam(0.01) },
      ),
    );
    expect(loss_ratio).toBeLessThan(0.2);
    expect(found).toEqual(['underfitting']);
    expect(checks.find(({ rule }) => rule === 'underfitting')?.explanation).toMatch(/one linear layer/);
  });
  it('is healthy on linear data, and with activations on any', async () => {
    const bent = [dense(16, 'relu'), dense(16, 'relu'), dense(1)];
    const healthy = [
      regression(
        linear,
        inline((x, y) => 2 * x - y),
        { optimizer: adam(0.01) },
      ),
      regression(
        bent,
        inline((x, y) => 2 * x - y + 1.2 * x * y),
        { optimizer: adam(0.01) },
      ),
    ];
    for (const one of healthy) expect((await asked(one)).found).toEqual([]);
  });
});

describe('below half of a constant’s loss, and far above the reference', () => {
  const data = inline((x, y) => 2 * x - y + 0.3 * x * y);
  it('a loss that still falls was cut short', async () => {
    const short = regression([dense(16, 'tanh'), dense(1)], data, { optimizer: sgd(0.01), steps: 14 });
    const { found, loss_ratio } = await asked(short);
    expect(loss_ratio).toBeLessThan(0.5);
    expect(found).toEqual(['slow_convergence']);
  });
  it('the same with its steps is healthy', async () => {
    const long = regression([dense(16, 'tanh'), dense(1)], data, { optimizer: adam(0.01), steps: 600 });
    expect((await asked(long)).found).toEqual([]);
  });
});

it('an explosion by a first step that replaces the weights is the rate’s', async () => {
  const fast = regression(
    [dense(16, 'relu'), dense(16, 'relu'), dense(1)],
    inline((x, y) => 3 * x * y),
    {
      optimizer: sgd(30),
      steps: 100,
    },
  );
  const { found } = await asked(fast);
  expect(found[0]).toBe('update_ratio');
});

it('a training that counts no time step is not healthy', async () => {
  const silent = Array.from({ length: 40 }, () => Array.from({ length: 6 }, () => [0, 0]));
  const { found, checks } = await asked({
    network: {
      input: { shape: [6, 2] },
      layers: [{ type: 'masking' }, { type: 'lstm', units: 4, return_sequences: true }, dense(2)],
    },
    data: {
      type: 'inline',
      inputs: silent,
      targets: silent.map((steps, i) => steps.map((_, t) => (i + t) % 2)),
    },
    training: { loss: 'softmax_cross_entropy', optimizer: adam(0.01), steps: 60, batch_size: 8 },
  });
  expect(found).toContain('unchanged_parameters');
  const { explanation } = checks.find(({ rule }) => rule === 'unchanged_parameters') ?? {};
  expect(explanation).toMatch(/every time step of the training samples is masked/);
});

const { inputs, labels } = clusters(400, 20, 5);
const classes = (
  layers: readonly Config[],
  training: Config,
  targets: readonly number[] = labels,
): Config => ({
  network: { input: { shape: [20] }, layers },
  data: { type: 'inline', inputs, targets },
  training: { loss: 'categorical_cross_entropy', batch_size: 32, steps: 300, ...training },
});

it('a rate that decayed to nothing halfway is named before what it left undone', async () => {
  const config = classes([dense(32, 'relu'), dense(5, 'softmax')], {
    optimizer: sgd(0.08),
    steps: 400,
    learning_rate_schedule: { type: 'exponential', decay_steps: 3, decay_rate: 0.5 },
  });
  const { found, loss_ratio } = await asked(config);
  expect(loss_ratio).toBeLessThan(0.5);
  expect(found[0]).toBe('update_ratio');
});

describe('the first loss is held against chance', () => {
  const large = { kernel_initializer: { type: 'normal', stddev: 3 } };
  it('and is far above it where the weights are large', async () => {
    const layers = [dense(32, 'relu', large), dense(32, 'relu', large), dense(5, 'softmax', large)];
    expect((await asked(classes(layers, { optimizer: sgd(0.01) }))).found[0]).toBe('poor_initialization');
  });
  it('not against what a constant knows of rare classes', async () => {
    const rare = labels.map((_, i) => (i % 60 === 0 ? 1 : i % 61 === 0 ? 2 : 0));
    const config = classes(
      [dense(16, 'relu'), dense(3, 'softmax')],
      { optimizer: adam(0.001), steps: 60 },
      rare,
    );
    expect((await asked(config)).found).not.toContain('poor_initialization');
  });
});

it('any number before a Poisson loss is a mismatch', async () => {
  const data = inline((x, y) => Math.round(Math.exp(1 + x + y)));
  const config = (activation: string) =>
    regression([dense(16, 'relu'), dense(1, activation)], data, { loss: 'poisson', optimizer: adam(0.005) });
  expect((await asked(config('linear'))).found[0]).toBe('loss_output_mismatch');
  expect((await asked(config('exponential'))).found).toEqual([]);
});

it.each(healthyTaught.flat())('$name', async ({ experiment }) => {
  expect((await asked(experiment)).found).toEqual([]);
});

const named = (part: string) => sickTaught.flat().filter(({ name }) => name.includes(part));
it.each([...named('several-labels'), ...named('output-from-the-draw')])(
  '$name',
  async ({ experiment, sickness }) => {
    expect(sickness?.rules).toContain((await asked(experiment)).found[0]);
    expect((await asked(sickness?.twin ?? {})).found).toEqual([]);
  },
);

it('of two units one is dead: what is left is one direction', async () => {
  const dead = { bias_initializer: { type: 'constant', value: -9 } };
  const data = inline((x, y) => x * y);
  const layers = [dense(16, 'tanh'), dense(1, 'relu', dead), dense(2, 'relu'), dense(1)];
  const { checks } = await asked(regression(layers, data, { optimizer: adam(0.001), steps: 60 }));
  expect(checks.find(({ rule }) => rule === 'dead_units')?.status).toBe('found');
});

it('a linear network whose loss stands is called so, though it gains accuracy on its only seed', async () => {
  const one = sickScenarios.find(({ name }) => name === 'sick/linear-model/xor-2');
  const { found, checks } = await asked(one?.experiment ?? {});
  expect(checks.find(({ rule }) => rule === 'slow_convergence')?.caused_by).toEqual(['underfitting']);
  expect(found[0]).toBe('underfitting');
});

it('a network that is linear and does not see the order is told both', async () => {
  const sequences = Array.from({ length: 300 }, (_, i) =>
    Array.from({ length: 6 }, (__, t) => [Math.sin(7 * i + 3 * t), Math.cos(5 * i * i + t)]),
  );
  const { checks } = await asked({
    network: {
      input: { shape: [6, 2] },
      layers: [dense(8), { type: 'global_average_pool1d' }, dense(1)],
    },
    data: {
      type: 'inline',
      inputs: sequences,
      targets: sequences.map((steps) => [
        3 * Math.abs(steps[0]?.[0] ?? 0) - 2 * Math.abs(steps[5]?.[0] ?? 0),
      ]),
    },
    training: { loss: 'mean_squared_error', optimizer: adam(0.01), steps: 500, batch_size: 32 },
  });
  const { explanation } = checks.find(({ rule }) => rule === 'underfitting') ?? {};
  expect(explanation).toMatch(/one linear layer/);
  expect(explanation).toMatch(/nothing in this network sees the order/);
  expect(explanation).not.toMatch(/positional/);
});

describe('targets that are not scaled, at a rate that is too high', () => {
  const at = (size: number) =>
    regression(
      [dense(16, 'relu'), dense(1)],
      inline((x, y) => size * (x + y * y)),
      { optimizer: sgd(size > 100 ? 0.01 : 0.3) },
    );
  it('are not the root where they are hardly large and a lower rate learns', async () => {
    const { found, checks } = await asked(at(50));
    expect(found[0]).toBe('update_ratio');
    expect(checks.find(({ rule }) => rule === 'unscaled_targets')?.caused_by).toEqual(['update_ratio']);
  });
  it('are where they are large', async () => {
    expect((await asked(at(3000))).found[0]).toBe('unscaled_targets');
  });
});
