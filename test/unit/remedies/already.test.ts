/** @file No remedy proposes what is there already, in whatever words the request says it. */
import { describe, expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import { remedies } from '../../../src/remedies/catalogue/index.ts';
import { applyRemedy } from '../../../src/remedies/propose.ts';

type Config = Readonly<Record<string, unknown>>;

const SAMPLES = 40;
function nested([length, ...rest]: readonly number[], i: number): unknown {
  return length === undefined ? (i % 7) / 7 : Array.from({ length }, (_, j) => nested(rest, i * 31 + j));
}
const dense = (units: number, activation?: unknown, more: Config = {}): Config => ({
  ...{ type: 'dense', units },
  ...(activation === undefined ? {} : { activation }),
  ...more,
});

function experimentOf(
  layers: readonly Config[],
  more: { data?: Config; training?: Config; shape?: number[] } = {},
) {
  const { data = {}, training = {}, shape = [6] } = more;
  const parsed = parseExperiment({
    network: { input: { shape }, layers },
    data: {
      type: 'inline',
      inputs: nested([SAMPLES, ...shape], 1),
      targets: Array.from({ length: SAMPLES }, (_, i) => i % 3),
      ...data,
    },
    training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', batch_size: 10, steps: 40, ...training },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

const apply = (name: string, experiment: Experiment, dose?: number | null) => {
  const remedy = remedies.find((one) => one.remedy === name);
  if (remedy === undefined) throw new Error(name);
  return applyRemedy(remedy, experiment, dose ?? remedy.dose?.values[0] ?? null);
};

const stack = (activation: unknown, more: Config = {}) => [
  dense(16, activation, more),
  dense(16, activation, more),
  dense(3),
];
const plain = (training: Config = {}, data: Config = {}) => experimentOf(stack('tanh'), { training, data });
/** Its output as well begins as it should. */
const OUTPUT = dense(3, undefined, { kernel_initializer: 'lecun_uniform' });
const sequence = (...layers: Config[]) => experimentOf([...layers, OUTPUT], { shape: [5, 4] });

/** What a network has, by another name or with other numbers than the remedy would choose. */
const there: readonly (readonly [remedy: string, experiment: Experiment])[] = [
  ['use_relu', experimentOf(stack({ type: 'relu' }))],
  ['use_relu', experimentOf([dense(16), { type: 'activation', activation: 'relu' }, dense(3)])],
  ['use_leaky_relu', experimentOf(stack({ type: 'leaky_relu', negative_slope: 0.3 }))],
  ['use_prelu', experimentOf(stack({ type: 'prelu', initial_slope: 0.1 }))],
  ['use_elu', experimentOf(stack({ type: 'elu', alpha: 0.5 }))],
  ['use_gelu', experimentOf(stack({ type: 'gelu', approximate: true }))],
  ['use_selu', experimentOf(stack('selu', { kernel_initializer: 'glorot_uniform' }))],
  ['use_silu', experimentOf(stack('silu'))],
  ['use_adam', plain({ optimizer: { type: 'adam', learning_rate: 1 } })],
  ['use_adam', plain({ optimizer: { type: 'adam', beta_1: 0.999 } })],
  ['use_adam', plain({ optimizer: 'adamw' })],
  ['use_adam', plain({ optimizer: 'nadam' })],
  ['use_rmsprop', plain({ optimizer: { type: 'rmsprop', learning_rate: 1 } })],
  ['set_learning_rate', plain({ optimizer: { type: 'nadam', learning_rate: 0.0011 } })],
  ['reset_averages', plain({ optimizer: { type: 'adamw', beta_1: 0.85, learning_rate: 1 } })],
  ['reset_averages', plain({ optimizer: { type: 'rmsprop', rho: 0.99 } })],
  ['keep_learning_rate', plain({ learning_rate_schedule: { type: 'exponential', decay_rate: 1 } })],
  ['keep_learning_rate', plain({ learning_rate_schedule: { type: 'cosine', alpha: 1 } })],
  ['keep_learning_rate', plain({ learning_rate_schedule: { type: 'step', step_size: 100 } })],
  ['warm_up_learning_rate', plain({ learning_rate_schedule: { type: 'linear_warmup', warmup_steps: 3 } })],
  ['clip_gradients', plain({ gradient_clipping: { type: 'value', max_value: 9 } })],
  ['add_l1_regularization', plain({ regularization: { l1: 1 } })],
  ['add_l2_regularization', plain({ regularization: { l2: 1e-9 } })],
  ['stop_early', plain({ early_stopping: { check_every: 20, patience: 1 } })],
  ['balance_classes', plain({ class_weights: 'balanced' })],
  ['standardize_inputs', plain({}, { standardize: true })],
  ['shuffle_data', plain({}, { shuffle: true })],
  [
    'add_dropout',
    sequence(
      { type: 'gru', units: 4, return_sequences: true },
      { type: 'spatial_dropout1d', rate: 0.1 },
      { type: 'flatten' },
      dense(4, 'relu'),
    ),
  ],
  [
    'add_batch_norm',
    experimentOf([dense(16), { type: 'layer_norm' }, { type: 'activation', activation: 'relu' }, dense(3)]),
  ],
  [
    'add_layer_norm',
    experimentOf([dense(16), { type: 'rms_norm' }, { type: 'activation', activation: 'relu' }, dense(3)]),
  ],
  [
    'add_residual_connections',
    experimentOf([
      dense(16, 'relu', { name: 'a' }),
      dense(16, 'relu', { name: 'b' }),
      dense(16, 'relu', { name: 'c' }),
      { type: 'add', inputs: ['a', 'c'] },
      dense(3),
    ]),
  ],
  [
    'reinitialize_weights',
    experimentOf([
      dense(16, 'relu', { kernel_initializer: 'he_uniform' }),
      dense(3, undefined, { kernel_initializer: { type: 'variance_scaling', scale: 1, mode: 'fan_in' } }),
    ]),
  ],
  ['reinitialize_weights', sequence({ type: 'lstm', units: 4 })],
  ['use_gru', sequence({ type: 'bidirectional', layer: { type: 'gru', units: 4 } })],
  ['use_lstm', sequence({ type: 'lstm', units: 4 })],
  ['set_forget_bias', sequence({ type: 'lstm', units: 4 })],
  ['lower_batch_norm_momentum', experimentOf([dense(16), { type: 'batch_norm', momentum: 0.8 }, dense(3)])],
  [
    'use_linear_output',
    experimentOf([dense(8, 'relu'), dense(3), { type: 'activation', activation: 'linear' }]),
  ],
];

describe('what is there already', () => {
  it.each(there.map(([name, experiment], i) => [name, i, experiment] as const))(
    'is not proposed: %s, %i',
    (name, _, experiment) => {
      const { dose } = remedies.find(({ remedy }) => remedy === name) ?? {};
      // Other amounts of what is there are no cure by this name either.
      const doses =
        name === 'set_learning_rate' || name === 'lower_batch_norm_momentum'
          ? [null]
          : (dose?.values ?? [null]);
      for (const value of doses) expect(apply(name, experiment, value)).toHaveProperty('reason');
    },
  );

  it('two towers that are added are no residual connection', () => {
    const towers = experimentOf([
      dense(16, 'relu', { name: 'trunk' }),
      dense(16, 'relu', { name: 'a', inputs: ['trunk'] }),
      dense(16, 'relu', { name: 'b', inputs: ['trunk'] }),
      { type: 'add', inputs: ['a', 'b'] },
      dense(3),
    ]);
    expect(apply('add_residual_connections', towers)).toHaveProperty('experiment');
  });

  it('Adam gets another rate, or other averages, by name, and keeps the rest', () => {
    const adam = { type: 'adam', learning_rate: 1, beta_1: 0.999, beta_2: 0.99, epsilon: 1e-7 };
    const rate = apply('set_learning_rate', plain({ optimizer: adam }));
    const averages = apply('reset_averages', plain({ optimizer: adam }));
    if ('reason' in rate || 'reason' in averages) throw new Error('they apply');
    expect(rate.patch).toEqual([{ op: 'replace', path: '/training/optimizer/learning_rate', value: 0.001 }]);
    expect(averages.patch).toEqual([{ op: 'replace', path: '/training/optimizer/beta_1', value: 0.9 }]);
    expect(
      apply('set_learning_rate', plain({ optimizer: { type: 'sgd', learning_rate: 9 } })),
    ).toHaveProperty('reason');
  });
});

/** They multiply, or add one more: twice is more than once. */
const REPEATABLE = [
  ...[
    'lower_learning_rate',
    'raise_learning_rate',
    'raise_clipping_limit',
    'train_longer',
    'add_hidden_layer',
  ],
  ...[
    'increase_batch_size',
    'reduce_batch_size',
    'widen_layers',
    'narrow_layers',
    'reduce_dropout',
    'reduce_regularization',
  ],
];

describe('what a remedy has brought', () => {
  const before = [
    plain(
      { gradient_clipping: { type: 'global_norm', max_norm: 1e-3 }, learning_rate_schedule: 'cosine' },
      { shuffle: false },
    ),
    experimentOf(
      [dense(16, 'sigmoid', { bias_initializer: 'ones' }), dense(16, 'sigmoid'), dense(3, 'softmax')],
      {
        training: { optimizer: { type: 'adam', learning_rate: 1, beta_1: 0.999 }, regularization: { l2: 1 } },
      },
    ),
    experimentOf([
      dense(16),
      { type: 'batch_norm', momentum: 0.999 },
      { type: 'activation', activation: 'relu' },
      { type: 'dropout', rate: 0.9 },
      dense(3),
    ]),
    sequence(
      { type: 'simple_rnn', units: 4, return_sequences: true },
      { type: 'self_attention', heads: 2 },
      { type: 'lstm', units: 4, unit_forget_bias: false },
    ),
    sequence(
      dense(4),
      { type: 'residual', layers: [{ type: 'self_attention', heads: 2 }] },
      { type: 'layer_norm' },
      { type: 'global_average_pool1d' },
    ),
    experimentOf([dense(8, 'tanh'), dense(1, 'relu')], {
      data: { targets: Array.from({ length: SAMPLES }, (_, i) => 500 * i) },
      training: { loss: 'mean_squared_error' },
    }),
  ];
  it.each(remedies.map(({ remedy }) => remedy).filter((name) => !REPEATABLE.includes(name)))(
    '%s does not bring again',
    (name) => {
      const doses = remedies.find(({ remedy }) => remedy === name)?.dose?.values ?? [null];
      const once = before.flatMap((experiment) =>
        doses.map((dose) => [dose, apply(name, experiment, dose)] as const),
      );
      for (const [dose, result] of once) {
        if ('reason' in result) continue;
        for (const again of /^(use|add)_/.test(name) ? doses : [dose])
          expect(apply(name, result.experiment, again)).toHaveProperty('reason');
      }
    },
  );
});
