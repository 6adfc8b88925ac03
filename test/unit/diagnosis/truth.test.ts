/** @file Findings and sentences that were not true of the case: each from a small real training, some with measured numbers replaced. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Check, diagnose, seriousFindings } from '../../../src/diagnosis/index.ts';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import type { RateTrial, Trace } from '../../../src/statistics/index.ts';
import { train } from '../../../src/training/index.ts';
import { rows } from '../../scenarios/numbers.ts';
import { dense, normal, residual } from '../../scenarios/scenario.ts';

async function trained(
  config: Readonly<Record<string, unknown>>,
): Promise<{ experiment: Experiment; trace: Trace }> {
  const parsed = parseExperiment(JSON.parse(JSON.stringify(config)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment } = parsed.value;
  const result = await train(experiment, 0);
  if (!result.ok) throw new Error(result.error.code);
  return { experiment, trace: result.value };
}
const checkOf = (rule: string, checks: readonly Check[]): Check =>
  checks.find((check) => check.rule === rule) as Check;

describe('a reference that learns nothing', () => {
  let [experiment, still] = [{} as Experiment, {} as Trace];
  beforeAll(async () => {
    const given = await trained({
      network: { input: { shape: [2] }, layers: [dense(4, 'tanh'), dense(4, 'tanh'), dense(2)] },
      data: { type: 'moons', samples: 200, noise: 0.1 },
      training: {
        loss: 'softmax_cross_entropy',
        optimizer: { type: 'sgd', learning_rate: 1e-3 },
        learning_rate_schedule: { type: 'linear_warmup', warmup_steps: 1000 },
        steps: 40,
      },
    });
    experiment = given.experiment;
    const reference = {
      kind: 'dense',
      training_ratio: 0.8,
      validation_ratio: 1.2,
      validation_samples: 40,
    };
    still = { ...given.trace, reference };
  });
  const withTrial = (trial: Partial<RateTrial>) =>
    diagnose(experiment, [
      {
        ...still,
        rate_trials: [
          { factor: 10, steps: 10, loss_ratio: 1, own_ratio: 1, validation_ratio: 1 },
          { factor: 100, steps: 10, loss_ratio: 0.2, own_ratio: 1, validation_ratio: 0.3, ...trial },
          { factor: 10, steps: 40, loss_ratio: 1, own_ratio: 1, validation_ratio: 1 },
        ],
      },
    ]);

  it('excuses no network that learns at another rate, by samples that it was not trained on', () => {
    const checks = withTrial({});
    expect(seriousFindings(checks).map(({ rule }) => rule)).toContain('slow_convergence');
    const { severity, explanation } = checkOf('loss_not_decreasing', checks);
    expect(severity).toBe('critical');
    expect(explanation).toMatch(/at 100 times the learning rate this network learns in 10 steps/);
    expect(checkOf('slow_convergence', checks).explanation).not.toMatch(/plain network reaches/);
  });

  it('excuses one that at another rate only learns its samples by heart', () => {
    const checks = withTrial({ validation_ratio: 1.4 });
    const { severity, explanation } = checkOf('loss_not_decreasing', checks);
    expect([severity, explanation]).toEqual(['info', expect.stringMatching(/allow no more\.$/)]);
  });

  it('rates that do not help are told once, with the steps of each', () => {
    expect(checkOf('slow_convergence', withTrial({ loss_ratio: 1 })).explanation).toMatch(
      /At 10 times the learning rate it is not learned in 40 steps either, nor at 100 times in 10\.$/,
    );
  });

  it('a warm-up that is longer than the training is told', () => {
    expect(checkOf('update_ratio', withTrial({})).explanation).toMatch(
      /still warming up when the steps end: the learning rate has come to 4\.0e-5 of 0\.001/,
    );
  });

  it('right answers that are no surer than wrong ones are not called too sure', () => {
    const ended = (times: number): Trace => {
      const final = { ...still.final, accuracy: 0.9, data_loss: times * still.constant_loss };
      const data_losses = still.data_losses.map(() => final.data_loss);
      return { ...still, final, data_losses };
    };
    const told = (times: number) =>
      checkOf('loss_not_decreasing', diagnose(experiment, [ended(times)])).explanation;
    expect(told(0.99)).toMatch(/90 % of the answers are right, but it is hardly surer of these/);
    expect(told(1.2)).toMatch(/90 % of the answers are right, but it is too sure of the others/);
  });

  it('a gradient that vanishes is told of a layer in which it does', () => {
    // dense_2 dips lowest at the first step, dense_1 is faint at every step.
    const gradients: Readonly<Record<string, readonly number[]>> = {
      dense_1: [2e-4, 1e-4],
      dense_2: [1e-4, 1],
      dense_3: [1, 1],
    };
    const series = still.series.map((one) => {
      if (one.tensor !== 'output_gradient' || one.metric !== 'rms') return one;
      const [first = 1, rest = 1] = gradients[one.layer ?? ''] ?? [];
      return { ...one, values: Float64Array.from(one.values, (_, i) => (i === 0 ? first : rest)) };
    });
    const layers = [
      ...still.layers.map((layer) => ({ ...layer, is_output: false })),
      { ...(still.layers.at(-1) as Trace['layers'][number]), name: 'dense_4', inputs: ['dense_3'] },
    ];
    const check = checkOf('vanishing_gradient', diagnose(experiment, [{ ...still, layers, series }]));
    expect(check.layers).toEqual(['dense_1']);
    expect(check.explanation).toMatch(/^At step 0 the gradient that reaches dense_1 is 2\.0e-4/);
  });
});

describe('outputs that lie along one direction', () => {
  const collapsing = (layers: readonly unknown[]) =>
    trained({
      network: { input: { shape: [8] }, layers: [...layers, dense(2)] },
      data: { type: 'inline', inputs: rows(60, 8), targets: rows(60, 1).map(([x = 0]) => Number(x > 0)) },
      training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate: 1e-9 }, steps: 40 },
    });
  /** Whatever comes in, its biases are the answer. */
  const biased = (units: number) =>
    dense(units, 'tanh', { ...normal(1e-4), bias_initializer: { type: 'normal', stddev: 1 } });

  it.each([
    ['beside a skip connection', [dense(8, 'tanh'), residual(biased(8)), dense(8, 'tanh')], 'clear'],
    [
      'beside another branch',
      [
        dense(8, 'tanh'),
        { ...biased(8), name: 'side' },
        { type: 'concatenate', inputs: ['dense_1', 'side'] },
        dense(8, 'tanh'),
      ],
      'clear',
    ],
    ['on the only way', [dense(8, 'tanh'), biased(8), biased(8)], 'found'],
  ])('%s', async (_, layers, status) => {
    const { experiment, trace } = await collapsing(layers);
    expect(checkOf('rank_collapse', diagnose(experiment, [trace])).status).toBe(status);
  });
});

it.each([
  [1, 0, 'clear'],
  [1, 1, 'found'],
  [2, 0, 'clear'],
  [2, 1, 'found'],
])('of %s units in a hidden layer %s are dead: %s', async (units, dead_units, status) => {
  const { experiment, trace } = await trained({
    network: { input: { shape: [2] }, layers: [dense(units, 'relu'), dense(2)] },
    data: { type: 'moons', samples: 60, noise: 0.1 },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate: 1e-9 }, steps: 20 },
  });
  const unit_passes = trace.unit_passes.map((pass) => ({ ...pass, dead_units }));
  expect(checkOf('dead_units', diagnose(experiment, [{ ...trace, unit_passes }])).status).toBe(status);
});

describe('an activation before the one that makes probabilities', () => {
  const act = (activation: string) => ({ type: 'activation', activation });
  const told = async (
    shape: readonly number[],
    layers: readonly unknown[],
    loss: string,
    targets: unknown,
  ) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const inputs = rows(24, size).map((row) =>
      shape.length === 1 ? row : [[row.slice(0, 4), row.slice(4, 8)]],
    );
    const { experiment, trace } = await trained({
      network: { input: { shape }, layers },
      data: { type: 'inline', inputs, targets },
      training: { loss, optimizer: 'adam', steps: 20, batch_size: 8 },
    });
    return checkOf('loss_output_mismatch', diagnose(experiment, [trace]));
  };
  const three = Array.from({ length: 24 }, (_, i) => i % 3);
  const two = three.map((label) => [Number(label > 0)]);

  it.each<[string, readonly number[], readonly unknown[], string, unknown, RegExp]>([
    [
      'sigmoid, softmax',
      [4],
      [dense(3, 'sigmoid'), act('softmax')],
      'categorical_cross_entropy',
      three,
      /no class gets more than 57\.6 %\. Leave sigmoid out/,
    ],
    [
      'tanh, softmax, of images',
      [1, 2, 4],
      [{ type: 'flatten' }, dense(3, 'tanh'), act('softmax')],
      'categorical_cross_entropy',
      three,
      /no class gets more than 78\.7 %/,
    ],
    [
      'relu, sigmoid',
      [4],
      [dense(1, 'relu'), act('sigmoid')],
      'binary_cross_entropy',
      two,
      /the probability lies between 50 % and 100 %\. Leave relu out/,
    ],
    [
      'softmax before a loss on logits',
      [4],
      [dense(3, 'softmax')],
      'softmax_cross_entropy',
      three,
      /no class gets more than 57\.6 %\. End with a linear layer/,
    ],
  ])('is told with what it costs: %s', async (_, shape, layers, loss, targets, says) => {
    const { status, explanation } = await told(shape, layers, loss, targets);
    expect(status).toBe('found');
    expect(explanation).toMatch(says);
  });

  it('softmax of answers that are independent is told under a loss of distributions too', async () => {
    const several = three.map((label) => [1, Number(label > 0), 0]);
    const { explanation } = await told([4], [dense(3, 'softmax')], 'kl_divergence', several);
    expect(explanation).toMatch(/do not: .* End with sigmoid and binary_cross_entropy/);
    const shares = three.map((label) => [0.2 * label, 1 - 0.2 * label, 0]);
    expect((await told([4], [dense(3, 'softmax')], 'kl_divergence', shares)).status).toBe('clear');
  });

  it.each<[string, readonly unknown[], string, unknown]>([
    ['none', [dense(3), act('softmax')], 'categorical_cross_entropy', three],
    ['linear', [dense(3), act('linear'), act('softmax')], 'categorical_cross_entropy', three],
    [
      'one with a layer between',
      [dense(8, 'sigmoid'), dense(3), act('softmax')],
      'categorical_cross_entropy',
      three,
    ],
  ])('%s is no mismatch', async (_, layers, loss, targets) => {
    expect((await told([4], layers, loss, targets)).status).toBe('clear');
  });
});

describe('classes by their weights', () => {
  const weighted = async (
    class_weights: unknown,
    counts: readonly number[],
    class_recall: readonly number[],
  ) => {
    const { experiment, trace } = await trained({
      network: { input: { shape: [2] }, layers: [dense(4, 'tanh'), dense(2)] },
      data: { type: 'moons', samples: 60, noise: 0.1 },
      training: { loss: 'softmax_cross_entropy', optimizer: 'adam', steps: 20, class_weights },
    });
    const data = { ...trace.data, class_counts: counts };
    return checkOf('class_imbalance', diagnose(experiment, [{ ...trace, data, class_recall }]));
  };
  it('weights that drown a class are a finding', async () => {
    const { status, explanation } = await weighted([1, 300], [240, 160], [0.05, 1]);
    expect(status).toBe('found');
    expect(explanation).toMatch(/^By their weights .* 200 times .* Class 0 has 240 of 400 samples, and 5 %/);
  });
  it.each([['balanced'], [[1, 19]]])(
    'those that make rare ones count as much are none: %j',
    async (weights) => {
      expect((await weighted(weights, [380, 20], [0.9, 0.3])).status).toBe('clear');
    },
  );
  it('without weights the samples count', async () => {
    expect((await weighted(null, [380, 20], [1, 0.3])).status).toBe('found');
  });
});

describe('initial weights of a regression', () => {
  const regression = (shape: readonly number[], layers: readonly unknown[], scale = 1) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const inputs = rows(40, size).map((row) =>
      shape.length === 1
        ? row.map((x) => scale * x)
        : Array.from({ length: shape[0] ?? 1 }, (__, t) =>
            row.slice(t * (shape[1] ?? 1), (t + 1) * (shape[1] ?? 1)),
          ),
    );
    return trained({
      network: { input: { shape }, layers: [...layers, dense(1)] },
      data: { type: 'inline', inputs, targets: rows(40, 1).map(([x = 0]) => 0.3 * x) },
      training: { loss: 'mean_squared_error', optimizer: { type: 'sgd', learning_rate: 1e-7 }, steps: 20 },
    });
  };
  const large = normal(1);
  // The targets are of size 0.3: the answers are not held against them, but against the inputs or 1.
  const loud =
    /the answers are [\d.e]+ times as large as (?:the inputs|numbers of size 1, which initial weights are made for): the weights of (\w+) start so large/;

  it.each([
    ['dense', [200], [dense(50, 'relu', large)], 'dense_1'],
    [
      'convolutional',
      [20, 8],
      [{ type: 'conv1d', filters: 32, kernel_size: 5, ...normal(3) }, { type: 'flatten' }],
      'conv1d_1',
    ],
    ['the output itself', [30], [dense(60, 'tanh'), dense(40, 'linear', normal(4))], 'dense_2'],
  ])('too large ones are told (%s)', async (_, shape, layers, layer) => {
    const { experiment, trace } = await regression(shape, layers);
    const check = checkOf('poor_initialization', diagnose(experiment, [trace]));
    expect(check.status).toBe('found');
    expect(loud.exec(check.explanation)?.[1]).toBe(layer);
  });

  it('less large ones are told where the loss only came down from their answers, and still stands above a constant’s', async () => {
    const { experiment, trace } = await regression([30], [dense(40, 'linear', large)]);
    const check = checkOf('poor_initialization', diagnose(experiment, [trace]));
    const { value, threshold } = check.evidence.find(({ metric }) => metric === 'answer_scale_ratio') ?? {};
    expect(value).toBeLessThan(threshold ?? 0);
    expect(check.status).toBe('found');
    expect(check.layers).toEqual(['dense_1']);
    expect(check.explanation).toMatch(loud);
    expect(check.explanation).toMatch(/has only come down from there, to [\d.]+ times a constant’s loss/);
  });

  it.each([
    ['weights as they are usually drawn', [dense(50, 'relu')], 1],
    ['large inputs', [dense(50, 'relu')], 500],
    [
      'an activation that grows',
      [dense(50, 'exponential'), dense(50, 'exponential'), dense(50, 'exponential')],
      1,
    ],
  ])('%s are not', async (_, layers, scale) => {
    const { experiment, trace } = await regression([20], layers, scale);
    expect(checkOf('poor_initialization', diagnose(experiment, [trace])).explanation).not.toMatch(loud);
  });
});

describe('inputs and targets that are not scaled', () => {
  const inputs = rows(80, 3);
  const both = (scale: number, size: number, activation: string) =>
    trained({
      network: { input: { shape: [3] }, layers: [dense(16, activation), dense(1)] },
      data: {
        type: 'inline',
        inputs: inputs.map((row) => row.map((x) => scale * x)),
        targets: inputs.map(([x = 0, y = 0]) => size * (x + Math.abs(y))),
      },
      training: { loss: 'mean_squared_error', optimizer: { type: 'sgd', learning_rate: 1e-12 }, steps: 40 },
    });
  const causesOf = (checks: readonly Check[]) => [
    ...new Set(seriousFindings(checks).flatMap(({ caused_by }) => caused_by)),
  ];

  it('have one root where the first answers, as large as the inputs make them, exceed the targets', async () => {
    const { experiment, trace } = await both(5000, 50, 'relu');
    const checks = diagnose(experiment, [trace]);
    expect(checkOf('unscaled_targets', checks).caused_by).toEqual(['unscaled_inputs']);
    expect(causesOf(checks)).toEqual(['unscaled_inputs']);
    expect(checkOf('unscaled_targets', checks).explanation).toMatch(
      /the answers are even larger, of size [\d.e]+/,
    );
  });

  it('have two where the targets are as far away from the answers', async () => {
    const { experiment, trace } = await both(5000, 1e5, 'tanh');
    const checks = diagnose(experiment, [trace]);
    expect(checkOf('unscaled_targets', checks).caused_by).toEqual([]);
    expect(checkOf('unscaled_inputs', checks).caused_by).toEqual([]);
    expect(checkOf('unscaled_targets', checks).explanation).toMatch(
      /the answers are of size [\d.]+, so that the loss/,
    );
  });
});

it('a hint is no root where something else explains a finding too', async () => {
  const large = normal(400);
  const targets = rows(120, 1).map(([x = 0]) => (x > 0 ? [1, 0] : [0, 1]));
  const { experiment, trace } = await trained({
    network: { input: { shape: [6] }, layers: [dense(12, 'sigmoid', large), dense(2, 'sigmoid', large)] },
    data: { type: 'inline', inputs: rows(120, 6), targets },
    training: { loss: 'mean_squared_error', optimizer: { type: 'sgd', learning_rate: 0.1 }, steps: 60 },
  });
  const checks = diagnose(experiment, [trace]);
  const found = seriousFindings(checks).map(({ rule }) => rule);
  expect(found).toEqual(expect.arrayContaining(['loss_output_mismatch', 'saturated_units']));
  const effects = seriousFindings(checks).filter(({ caused_by }) => caused_by.length > 0);
  expect(effects.length).toBeGreaterThan(0);
  for (const { caused_by } of effects) expect(caused_by).not.toContain('loss_output_mismatch');
});

it('a loss above a constant’s is not blamed on a missing hidden layer: no layer is needed to reach a constant', async () => {
  const inputs = rows(200, 1);
  const start = { use_bias: false, kernel_initializer: { type: 'constant', value: -10 } };
  const { experiment, trace } = await trained({
    network: { input: { shape: [1] }, layers: [dense(1, 'relu', start)] },
    data: { type: 'inline', inputs, targets: inputs.map(([x = 0]) => Math.max(0, x)) },
    training: { loss: 'mean_squared_error', optimizer: { type: 'sgd', learning_rate: 0.01 }, steps: 1000 },
  });
  const reference = { kind: 'dense', training_ratio: 0.01, validation_ratio: 0.01, validation_samples: 40 };
  const checks = diagnose(experiment, [{ ...trace, reference }]);
  const { status, explanation, evidence } = checkOf('underfitting', checks);
  expect([status, explanation]).toEqual(['found', expect.not.stringMatching(/linear/)]);
  expect(evidence.map(({ metric }) => metric)).not.toContain('linear_gap');
  expect(checkOf('loss_not_decreasing', checks).explanation).toMatch(/worse than not looking at the input/);
});

it('clipping is told by what it does under this optimizer', async () => {
  const clipped = async (type: string) => {
    const { experiment, trace } = await trained({
      network: { input: { shape: [3] }, layers: [dense(8, 'tanh'), dense(1)] },
      data: { type: 'inline', inputs: rows(60, 3), targets: rows(60, 1).map(([x = 0]) => 100 * x) },
      training: {
        loss: 'mean_squared_error',
        optimizer: { type, learning_rate: 0.001 },
        gradient_clipping: { type: 'global_norm', max_norm: 0.01 },
        steps: 40,
      },
    });
    return checkOf('excessive_clipping', diagnose(experiment, [trace])).explanation;
  };
  expect(await clipped('sgd')).toMatch(/the limit, not the learning rate, sets how far a step goes/);
  expect(await clipped('adam')).toMatch(/the length of a step is that of adam, as without clipping/i);
});

it('an output that is dead from the draw is the one root: no target is answered, of whatever scale', async () => {
  const { experiment, trace } = await trained({
    network: {
      input: { shape: [3] },
      layers: [dense(8, 'tanh'), dense(1, 'relu', { bias_initializer: { type: 'constant', value: -50 } })],
    },
    data: { type: 'inline', inputs: rows(60, 3), targets: rows(60, 1).map(([x = 0]) => 200 + x) },
    training: { loss: 'mean_squared_error', optimizer: { type: 'sgd', learning_rate: 0.01 }, steps: 40 },
  });
  const checks = diagnose(experiment, [trace]);
  expect(checkOf('unscaled_targets', checks).caused_by).toEqual(['dead_units']);
  for (const { rule, caused_by } of seriousFindings(checks).slice(1))
    expect([rule, caused_by]).toEqual([rule, ['dead_units']]);
});

it.each([
  [
    'from time step to time step',
    [
      {
        type: 'simple_rnn',
        units: 8,
        activation: 'linear',
        recurrent_initializer: { type: 'normal', stddev: 1.5 },
      },
    ],
    /the gradient at the first time step of simple_rnn_1 is [\d.e]+ times that at its last one/i,
  ],
  [
    'from layer to layer',
    [{ type: 'flatten' }, ...Array.from({ length: 8 }, () => dense(16, 'linear', normal(1.5)))],
    /the gradient at dense_1 is [\d.e]+ times that of the last hidden layer/i,
  ],
])('a gradient that grows %s is told so', async (_, layers, says) => {
  const inputs = Array.from({ length: 40 }, (__, i) => rows(12 * 40, 2).slice(12 * i, 12 * i + 12));
  const { experiment, trace } = await trained({
    network: { input: { shape: [12, 2] }, layers: [...layers, dense(1)] },
    data: { type: 'inline', inputs, targets: rows(40, 1).map(([x = 0]) => x) },
    training: { loss: 'mean_squared_error', optimizer: { type: 'sgd', learning_rate: 1e-20 }, steps: 30 },
  });
  expect(checkOf('exploding_gradient', diagnose(experiment, [trace])).explanation).toMatch(says);
});

it('a first loss that only running averages of no batch make is no fault of the weights', async () => {
  const norm = { type: 'batch_norm', momentum: 1 };
  const inputs = rows(120, 6).map((row) => row.map((x) => 400 * x));
  const { experiment, trace } = await trained({
    network: { input: { shape: [6] }, layers: [dense(16, 'linear'), norm, dense(16, 'relu'), dense(2)] },
    data: { type: 'inline', inputs, targets: inputs.map(([x = 0]) => Number(x > 0)) },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'adam', learning_rate: 0.01 }, steps: 80 },
  });
  expect(trace.initial.data_loss / trace.constant_loss).toBeGreaterThan(5);
  const checks = diagnose(experiment, [trace]);
  expect(checkOf('poor_initialization', checks).status).toBe('clear');
  expect(checkOf('inference_mismatch', checks).status).toBe('found');
});
