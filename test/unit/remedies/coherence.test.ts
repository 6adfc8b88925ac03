/** @file What a remedy leaves as it was, and what follows the change: schedules, early stopping, given weights, names, other settings. */
import { describe, expect, it } from 'vitest';
import {
  type Experiment,
  isDegenerate,
  normalizationsOf,
  parseExperiment,
  planExperiment,
} from '../../../src/experiment/index.ts';
import { scheduleKind } from '../../../src/network/index.ts';
import { remedies } from '../../../src/remedies/catalogue/index.ts';
import { applyRemedy } from '../../../src/remedies/propose.ts';
import { encodeSafetensors } from '../../../src/util/safetensors.ts';

type Config = Readonly<Record<string, unknown>>;

function parsed(config: Config): Experiment {
  const result = parseExperiment(JSON.parse(JSON.stringify(config)));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.experiment;
}

const SAMPLES = 125;
const inputs = (shape: readonly number[]): unknown => {
  const nested = ([length, ...rest]: readonly number[], i: number): unknown =>
    length === undefined ? (i % 7) / 7 : Array.from({ length }, (_, j) => nested(rest, i * 31 + j));
  return nested([SAMPLES, ...shape], 1);
};
const data = (shape: readonly number[], more: Config = {}): Config => ({
  type: 'inline',
  inputs: inputs(shape),
  targets: Array.from({ length: SAMPLES }, (_, i) => i % 3),
  shuffle: false,
  ...more,
});

/** Batches of 20 of 100 samples, 60 of them. */
const training = { loss: 'softmax_cross_entropy', optimizer: 'sgd', batch_size: 20, steps: 60 };

const plain = {
  network: {
    input: { shape: [4] },
    layers: [
      { type: 'rescaling', scale: 0.1 },
      { type: 'dense', units: 16, activation: 'tanh', kernel_initializer: 'he_normal', name: 'first' },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: 16, activation: 'tanh', bias_initializer: 'ones' },
      { type: 'dense', units: 3, activation: 'softmax', name: 'answer' },
    ],
  },
  data: data([4]),
  training,
};
/** Two ways, of which a norm has a name that others take. */
const wired = {
  network: {
    input: { shape: [4] },
    layers: [
      { type: 'dense', units: 16, activation: 'relu', name: 'trunk' },
      { type: 'batch_norm', name: 'normal', epsilon: 0.01 },
      { type: 'dense', units: 16, activation: 'relu', name: 'way' },
      { type: 'add', inputs: ['normal', 'way'] },
      { type: 'layer_norm' },
      { type: 'dense', units: 3 },
    ],
  },
  data: data([4]),
  training,
};
const sequence = {
  network: {
    input: { shape: [5, 4] },
    layers: [
      { type: 'simple_rnn', units: 8, return_sequences: true, name: 'loop' },
      { type: 'self_attention', heads: 2 },
      { type: 'lstm', units: 8, unit_forget_bias: false },
      { type: 'dense', units: 3 },
    ],
  },
  data: data([5, 4]),
  training,
};
/** A set of time steps, the norms of which have too few numbers, or two. */
const set = {
  network: {
    input: { shape: [5, 4] },
    layers: [
      { type: 'self_attention', heads: 2 },
      { type: 'dense', units: 1 },
      { type: 'layer_norm' },
      { type: 'dense', units: 8, activation: 'relu' },
      { type: 'layer_norm' },
      { type: 'global_average_pool1d' },
      { type: 'dense', units: 3 },
    ],
  },
  data: data([5, 4]),
  training,
};
const networks: Readonly<Record<string, Config & { readonly training: Config }>> = {
  plain,
  wired,
  sequence,
  set,
};

/** All of its parameters. */
function weightsOf(config: Config): Config {
  const tensors = planExperiment(parsed(config)).parameters.map(({ name, shape }) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return [name, { shape: [...shape], data: new Float32Array(size).fill(0.1) }] as const;
  });
  const bytes = encodeSafetensors(new Map(tensors));
  return { encoding: 'safetensors', data: Buffer.from(bytes).toString('base64') };
}

const schedules: readonly (string | Config)[] = [
  'cosine',
  { type: 'cosine', decay_steps: 60, alpha: 0.1 },
  { type: 'step', step_size: 30, gamma: 0.5 },
  { type: 'exponential', decay_rate: 0.5, decay_steps: 15 },
  { type: 'inverse_square_root', timescale: 12 },
  { type: 'reduce_on_plateau', patience: 3, factor: 0.5 },
  { type: 'linear_warmup', warmup_steps: 12, after: 'cosine' },
  { type: 'linear_warmup', warmup_steps: 12, after: { type: 'step', step_size: 24, gamma: 0.5 } },
];

const penalties = {
  regularization: { l1: 1e-3, l2: 1e-3 },
  gradient_clipping: { type: 'global_norm', max_norm: 1 },
};
const stopping = { early_stopping: { check_every: 6, patience: 4 }, class_weights: [1, 2, 3] };

/** Settings beside which a remedy does what it does alone; schedules have nothing to do with the kind of network. */
const settings = (config: Config, isPlain: boolean): readonly (readonly [string, Config])[] => [
  ...(isPlain ? schedules : []).map(
    (one, i) =>
      [
        JSON.stringify(one),
        {
          learning_rate_schedule: one,
          ...stopping,
          ...(i % 2 === 0 ? {} : { steps: undefined, epochs: 12 }),
        },
      ] as const,
  ),
  ['weights that are given', { initial_weights: weightsOf(config) }],
  ['a penalty, clipping, early stopping, class weights', { ...penalties, ...stopping }],
];

/** What a remedy sets, beside what has to follow: others are as they were. */
const sets: Readonly<Record<string, readonly string[]>> = {
  add_l1_regularization: ['regularization'],
  add_l2_regularization: ['regularization'],
  reduce_regularization: ['regularization', 'optimizer'],
  clip_gradients: ['gradient_clipping'],
  raise_clipping_limit: ['gradient_clipping'],
  use_adam: ['optimizer'],
  use_rmsprop: ['optimizer'],
  set_learning_rate: ['optimizer'],
  reset_averages: ['optimizer'],
  lower_learning_rate: ['optimizer'],
  raise_learning_rate: ['optimizer'],
  warm_up_learning_rate: ['learning_rate_schedule'],
  keep_learning_rate: ['learning_rate_schedule'],
  use_linear_output: ['loss'],
  use_cross_entropy: ['loss'],
  balance_classes: ['class_weights'],
  stop_early: ['early_stopping'],
  train_longer: ['steps', 'patience'],
  increase_batch_size: ['steps', 'batch_size'],
  reduce_batch_size: ['steps', 'batch_size'],
};
const setsData = ['standardize_inputs', 'standardize_targets', 'shuffle_data', 'use_cross_entropy'];

/** The factor of the learning rate at twelve places of the training. */
function course(experiment: Experiment): number[] {
  const { steps, steps_per_epoch } = planExperiment(experiment);
  const schedule = scheduleKind
    .resolve(experiment.training.learning_rate_schedule)
    .create({ totalSteps: steps, stepsPerEpoch: steps_per_epoch });
  // In the middle of each part, so that drops at its ends do not matter.
  return Array.from({ length: 12 }, (_, i) => schedule.factor(Math.floor(((i + 0.5) / 12) * steps)));
}

/** Of a training of fewer steps a twelfth is too short to be told from the next. */
const FEWEST = 30;

const epochsOf = ({ steps, batch_size }: ReturnType<typeof planExperiment>): number => steps * batch_size;

function expectCourse(before: Experiment, after: Experiment): void {
  const [plan, other] = [planExperiment(before), planExperiment(after)];
  const { learning_rate_schedule: given } = before.training;
  if (typeof given === 'object' && given.type === 'reduce_on_plateau') {
    const patience = Math.max(1, Math.round((given.patience * epochsOf(other)) / epochsOf(plan)));
    expect(after.training.learning_rate_schedule).toEqual({ ...given, patience });
  } else if (other.steps >= FEWEST) {
    const factors = course(after);
    for (const [i, factor] of course(before).entries()) expect(factors[i]).toBeCloseTo(factor, 1);
  }
}

function expectStopping(before: Experiment, after: Experiment, keepsPatience: boolean): void {
  const [a, b] = [before.training.early_stopping, after.training.early_stopping];
  if (a === null || b === null) {
    expect(a).toBe(b);
    return;
  }
  const longer = planExperiment(after).steps / planExperiment(before).steps;
  expect(b.check_every).toBe(Math.max(1, Math.round(a.check_every * longer)));
  if (keepsPatience) expect(b.patience).toBe(a.patience);
}

/** What follows a change of others, or is looked at by itself. */
const following = [
  ...['steps', 'epochs', 'batch_size', 'learning_rate_schedule', 'early_stopping', 'initial_weights'],
];

function expectFollowed(before: Experiment, after: Experiment, own: readonly string[]): void {
  if (!own.includes('learning_rate_schedule')) expectCourse(before, after);
  if (!own.includes('early_stopping')) expectStopping(before, after, !own.includes('patience'));
  const rest = ({ training: all }: Experiment) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => !following.includes(key) && !own.includes(key)));
  expect(rest(after)).toEqual(rest(before));
  const [plan, other] = [planExperiment(before), planExperiment(after)];
  if (!own.includes('batch_size')) expect(other.batch_size).toBe(plan.batch_size);
  if (!own.includes('steps')) expect(other.steps).toBe(plan.steps);
}

/** Given weights stay where every parameter begins as it did, and nowhere else. */
function expectWeights(name: string, before: Experiment, after: Experiment): void {
  if (before.training.initial_weights === null) return;
  const beginnings = (experiment: Experiment) =>
    planExperiment(experiment).parameters.map(({ name: own, shape, initializer, ones }) => ({
      ...{ own, shape, initializer, ones },
    }));
  const isAnother = JSON.stringify(beginnings(before)) !== JSON.stringify(beginnings(after));
  const isDrawn = isAnother || name === 'reinitialize_weights' || name === 'tailor_activation';
  expect(after.training.initial_weights === null).toBe(isDrawn);
}

const degenerate = (experiment: Experiment): number =>
  normalizationsOf(experiment).filter(isDegenerate).length;

const reasonOf = (result: ReturnType<typeof applyRemedy>): string | null =>
  'reason' in result ? result.reason : null;

describe.each(Object.entries(networks))('remedies of a %s network', (_network, config) => {
  const without = parsed(config);
  const trials = remedies.flatMap((remedy) => {
    const isLength = sets[remedy.remedy]?.includes('steps') === true;
    const doses = isLength ? (remedy.dose?.values ?? []) : [remedy.dose?.values[0] ?? null];
    return doses.map((dose) => ({ remedy, dose, alone: reasonOf(applyRemedy(remedy, without, dose)) }));
  });

  it.each(settings(config, config === plain))('change with %s what follows from them', (_, setting) => {
    const experiment = parsed({ ...config, training: { ...config.training, ...setting } });
    for (const { remedy, dose, alone } of trials) {
      const own = sets[remedy.remedy] ?? [];
      const result = applyRemedy(remedy, experiment, dose);
      // Unless it is about the setting, it applies with it where it applies without.
      const isAbout = own.some((key) => key in setting) || remedy.remedy === 'reinitialize_weights';
      if (!isAbout) expect([remedy.remedy, reasonOf(result)]).toEqual([remedy.remedy, alone]);
      if ('reason' in result) continue;
      expectFollowed(experiment, result.experiment, own);
      expectWeights(remedy.remedy, experiment, result.experiment);
      if (!setsData.includes(remedy.remedy)) expect(result.experiment.data).toEqual(experiment.data);
      expect(degenerate(result.experiment)).toBeLessThanOrEqual(degenerate(experiment));
    }
  });
});

describe('parts of a network', () => {
  const changed = (name: string, config: Config) => {
    const remedy = remedies.find((one) => one.remedy === name);
    const result = remedy === undefined ? { reason: 'unknown' } : applyRemedy(remedy, parsed(config));
    if ('reason' in result) throw new Error(result.reason);
    return result.experiment.network.layers;
  };

  it('layer normalization takes the name and the readers of batch normalization', () => {
    const layers = changed('use_layer_norm', wired);
    expect(layers.map(({ type }) => type)).toEqual([
      'dense',
      'layer_norm',
      'dense',
      'add',
      'layer_norm',
      'dense',
    ]);
    expect(layers[1]?.name).toBe('normal');
    expect(layers[3]?.inputs).toEqual(['normal', 'way']);
  });

  it('norms that have numbers enough stay where others go', () => {
    expect(changed('remove_normalization', set).map(({ type }) => type)).toEqual([
      'self_attention',
      'dense',
      'dense',
      'layer_norm',
      'global_average_pool1d',
      'dense',
    ]);
    // None has too few: the one of the batch goes, and whoever read it reads what it read.
    const layers = changed('remove_normalization', wired);
    expect(layers.map(({ type }) => type)).toEqual(['dense', 'dense', 'add', 'layer_norm', 'dense']);
    expect(layers[2]?.inputs).toEqual(['trunk', 'way']);
  });

  it('what prepares the inputs stays where hidden layers go', () => {
    const layers = changed('remove_hidden_layers', {
      ...plain,
      network: {
        input: { shape: [2, 2] },
        layers: [
          { type: 'rescaling', scale: 0.1 },
          { type: 'dense', units: 4, activation: 'relu' },
          { type: 'flatten' },
          { type: 'layer_norm' },
          { type: 'dense', units: 4, activation: 'relu' },
          { type: 'dense', units: 3 },
        ],
      },
      data: data([2, 2]),
    });
    expect(layers.map(({ type }) => type)).toEqual(['rescaling', 'flatten', 'dense']);
  });
});
