/** @file What Keras files say, in the words of this service; and what they cannot say. */
import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../src/experiment/index.ts';
import { type ImportFailure, importModel } from '../../src/imports/index.ts';
import { functional2, functional3, type Layer, sequential2, sequential3 } from './models.ts';
import { imported } from './predict.ts';

const read = (model: unknown) => importModel(new TextEncoder().encode(JSON.stringify(model)));
const dense = (name: string, options: Record<string, unknown> = {}): Layer => ({
  kind: 'Dense',
  name,
  options: { units: 4, activation: 'linear', use_bias: true, ...options },
});
/** [3, 5, 5, 1] */
const sequenceOf = (seed: number) =>
  Array.from({ length: 3 }, (_, t) =>
    Array.from({ length: 5 }, (_row, i) =>
      Array.from({ length: 5 }, (_column, j) => [Math.sin(seed + t + i * j)]),
    ),
  );
const accept = async (model: unknown) => imported(await read(model));

async function refused(model: unknown): Promise<ImportFailure> {
  const result = await read(model);
  if (result.ok) throw new Error('it was taken');
  return result.error;
}

async function partsOf(model: unknown) {
  const failure = await refused(model);
  if (failure.code !== 'unsupported_model') throw new Error(failure.message);
  return failure.parts;
}

describe('a model', () => {
  test('of TensorFlow.js is found within its topology', async () => {
    const { keras_version, backend, ...model_config } = sequential2(
      [3],
      [dense('a'), dense('b', { units: 1 })],
    );
    const { format, network, warnings } = await accept({
      format: 'layers-model',
      modelTopology: { keras_version, backend, model_config },
      weightsManifest: [{ paths: ['group1-shard1of1.bin'], weights: [] }],
    });
    expect(format).toBe('tensorflowjs_json');
    expect(network.layers.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(warnings.join()).toContain('other files');
  });

  test.each<[2 | 3, unknown]>([
    [2, { expression: 'min(max(0.2 * x + 0.5, 0), 1)' }],
    [3, 'hard_sigmoid'],
  ])('of Keras %i has the hard sigmoid of that version', async (version, wanted) => {
    const layers = [dense('a', { activation: 'hard_sigmoid' })];
    const { network } = await accept(version === 2 ? sequential2([3], layers) : sequential3([3], layers));
    expect(network.layers[0]?.activation).toEqual(wanted);
  });

  test.each<[string, unknown, unknown]>([
    ['He by name', { class_name: 'HeNormal', config: { seed: null } }, 'he_normal'],
    [
      'He as variance scaling',
      { class_name: 'VarianceScaling', config: { scale: 2, mode: 'fan_in', distribution: 'normal' } },
      'he_normal',
    ],
    [
      'a normal distribution',
      { module: 'keras.initializers', class_name: 'RandomNormal', config: { mean: 0, stddev: 0.3 } },
      { type: 'normal', mean: 0, stddev: 0.3 },
    ],
    ['Glorot, the default', 'glorot_uniform', undefined],
  ])('has its initializer: %s', async (_what, initializer, wanted) => {
    const { network } = await accept(sequential3([3], [dense('a', { kernel_initializer: initializer })]));
    expect(network.layers[0]?.kernel_initializer).toEqual(wanted);
  });

  test('tells its loss, optimizer, schedule, clipping and regularization', async () => {
    const l2 = { module: 'keras.regularizers', class_name: 'L2', config: { l2: 0.01 } };
    const schedule = {
      module: 'keras.optimizers.schedules',
      class_name: 'ExponentialDecay',
      config: { initial_learning_rate: 0.02, decay_steps: 50, decay_rate: 0.5, staircase: false },
    };
    const { training } = await accept(
      sequential3([3], [dense('a', { kernel_regularizer: l2 }), dense('b', { kernel_regularizer: l2 })], {
        loss: { class_name: 'BinaryCrossentropy', config: { from_logits: true } },
        optimizer: {
          class_name: 'Adam',
          config: { learning_rate: schedule, beta_1: 0.8, beta_2: 0.99, epsilon: 1e-6, global_clipnorm: 2 },
        },
      }),
    );
    expect(training).toMatchObject({
      loss: 'sigmoid_cross_entropy',
      optimizer: { type: 'adam', learning_rate: 0.02, beta_1: 0.8, beta_2: 0.99, epsilon: 1e-6 },
      learning_rate_schedule: { type: 'exponential', decay_steps: 50, decay_rate: 0.5 },
      gradient_clipping: { type: 'global_norm', max_norm: 2 },
      regularization: { l1: 0, l2: 0.01 },
    });
  });

  test.each<[string, Record<string, unknown>, unknown]>([
    ['CategoricalCrossentropy', { from_logits: true }, 'softmax_cross_entropy'],
    ['BinaryCrossentropy', {}, 'binary_cross_entropy'],
  ])('keeps the label smoothing of %s', async (class_name, options, loss) => {
    const config = { ...options, label_smoothing: 0.1 };
    const compiled = { loss: { class_name, config }, optimizer: 'adam' };
    const { training, warnings } = await accept(sequential3([3], [dense('a')], compiled));
    expect(training).toMatchObject({ loss, label_smoothing: 0.1 });
    expect(warnings.join()).not.toContain('label_smoothing');
  });

  test('has what it adds to the loss: of a layer of its own, and of one that has outputs to regularize', async () => {
    const regularizer = { class_name: 'L2', config: { l2: 0.02 } };
    const { network, omitted, warnings } = await accept(
      sequential3(
        [3],
        [
          dense('a', { activity_regularizer: regularizer }),
          { kind: 'ActivityRegularization', name: 'r', options: { l1: 0.1, l2: 0.3 } },
          dense('b'),
        ],
      ),
    );
    expect(network.layers.slice(1, 3)).toEqual([
      { type: 'penalty', name: 'a_penalty', expression: '0.02 * x^2' },
      { type: 'penalty', name: 'r', expression: '0.1 * abs(x) + 0.3 * x^2' },
    ]);
    expect([omitted, warnings.join().includes('regularizer')]).toEqual([[], false]);
  });

  test('within a model is written out', async () => {
    const inner = sequential3([4], [dense('a'), dense('b')]);
    const { network } = await accept(
      functional3(
        [{ name: 'x', shape: [4] }],
        [
          { kind: 'Sequential', name: 'inner', inputs: ['x'], options: inner.config },
          { ...dense('c'), inputs: ['inner'] },
        ],
      ),
    );
    expect(network.layers.map(({ name }) => name)).toEqual(['inner.a', 'inner.b', 'c']);
  });

  test('has masks', async () => {
    const embedding = {
      kind: 'Embedding',
      name: 'e',
      options: { input_dim: 9, output_dim: 4, mask_zero: true },
    };
    const lstm = { kind: 'LSTM', name: 'l', options: { units: 3 } };
    const tokens = await accept(sequential3([5], [embedding, lstm, dense('a')]));
    expect(tokens.network.layers[0]).toMatchObject({ type: 'embedding', mask_zero: true });
    const masking = { kind: 'Masking', name: 'm', options: { mask_value: -1 } };
    const values = await accept(sequential2([5, 2], [masking, lstm, dense('a')]));
    expect(values.network.layers[0]).toMatchObject({ type: 'masking', value: -1 });
  });

  test('has layers at every time step: a convolution, its weights, and images as they lie in Keras', async () => {
    const at = (name: string, kind: string, options: Record<string, unknown> = {}): Layer => ({
      kind: 'TimeDistributed',
      name,
      options: { layer: { class_name: kind, config: { name: `${name}_inner`, ...options } } },
    });
    const convolution = { filters: 2, kernel_size: [2, 2], activation: 'relu', padding: 'valid' };
    const layers = [
      at('images', 'Conv2D', convolution),
      at('pooled', 'MaxPooling2D', { pool_size: [2, 2] }),
      at('rows', 'Flatten'),
      at('features', 'Dense', { units: 4, activation: 'tanh' }),
      { kind: 'GRU', name: 'g', options: { units: 3 } },
      dense('a'),
    ];
    const { network } = await accept(sequential3([3, 5, 5, 1], layers));
    expect(network.layers.map(({ type }) => type)).toEqual([
      ...['time_distributed', 'time_distributed', 'time_distributed', 'dense', 'gru', 'dense'],
    ]);
    expect(network.layers[0]?.layers?.map(({ type }) => type)).toEqual(['permute', 'conv2d', 'permute']);
    const parsed = parseExperiment({
      network,
      data: { type: 'inline', inputs: [sequenceOf(0), sequenceOf(1)], targets: [0, 1], validation_split: 0 },
      training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 1 },
    });
    expect(parsed.ok).toBe(true);
    if (parsed.ok) expect(parsed.value.plan.layers.at(-1)?.output_shape).toEqual([4]);
  });

  test('keeps layers out that act in training only, and tells which', async () => {
    const flip = {
      kind: 'RandomFlip',
      name: 'flip',
      options: { mode: 'horizontal', data_format: 'channels_last' },
    };
    const { network, omitted } = await accept(
      sequential3([4, 4, 1], [flip, { kind: 'Flatten', name: 'flat' }, dense('a')]),
    );
    expect(network.layers.map(({ type }) => type)).not.toContain('flip');
    expect(omitted).toEqual([{ class: 'RandomFlip', name: 'flip', reason: expect.any(String) }]);
  });
});

const inner = (kind: string, options: Record<string, unknown>) => ({
  module: 'keras.layers',
  class_name: kind,
  config: { name: 'inner', return_sequences: false, go_backwards: false, ...options },
});

/** As Keras 3 writes it: with both directions. */
const both = (backward: Record<string, unknown>): Layer => ({
  kind: 'Bidirectional',
  name: 'both',
  options: {
    merge_mode: 'ave',
    layer: inner('GRU', { units: 2 }),
    backward_layer: inner('GRU', { ...backward, go_backwards: true, name: 'backward_inner' }),
  },
});

const attending = (options: Record<string, unknown>, inputs = ['x', 'x']) =>
  functional3([{ name: 'x', shape: [5, 6] }], [{ kind: 'MultiHeadAttention', name: 'a', inputs, options }]);

describe('recurrent layers', () => {
  test('keep their activations, their dropout of states, and their kind of reset', async () => {
    const options = { units: 2, activation: 'relu', recurrent_activation: 'tanh', recurrent_dropout: 0.25 };
    const layers = [
      { kind: 'LSTM', name: 'a', options: { ...options, return_sequences: true, unit_forget_bias: false } },
      { kind: 'GRU', name: 'b', options },
    ];
    const said = { units: 2, activation: 'relu', recurrent_activation: 'tanh', recurrent_dropout: 0.25 };
    const { network } = await accept(sequential3([5, 3], layers));
    expect(network.layers).toEqual([
      { type: 'lstm', name: 'a', ...said, return_sequences: true, unit_forget_bias: false },
      { type: 'gru', name: 'b', ...said, reset_after: true },
    ]);
    const older = await accept(sequential2([5, 3], layers));
    expect(older.network.layers[1]).not.toHaveProperty('reset_after');
  });

  test('in both directions hold one layer, which Keras 3 writes twice', async () => {
    const { network } = await accept(sequential3([5, 3], [both({ units: 2 })]));
    expect(network.layers).toEqual([
      {
        type: 'bidirectional',
        name: 'both',
        layer: { type: 'gru', units: 2, reset_after: true },
        merge: 'average',
      },
    ]);
  });

  test('in both directions, of which one has options of its own, are two layers', async () => {
    const { network } = await accept(sequential3([5, 3], [both({ units: 2, activation: 'relu' })]));
    expect(network.layers.map(({ type, name }) => [type, name])).toEqual([
      ['gru', 'both_forward'],
      ['reverse', 'both_backwards'],
      ['gru', 'both_backward'],
      ['average', 'both'],
    ]);
  });
});

describe('both states of an LSTM', () => {
  const coder = { kind: 'LSTM', name: 'coder', options: { units: 3, return_state: true }, inputs: ['x'] };

  test.each(['Add', 'Multiply', 'Maximum'])('are two tensors to %s', async (kind) => {
    const nodes = [coder, { kind, name: 'merged', inputs: ['coder:1', 'coder:2'] }];
    const { network } = await accept(functional3([{ name: 'x', shape: [5, 2] }], nodes));
    const merged = network.layers.find(({ name }) => name === 'merged');
    expect(merged?.inputs).toHaveLength(2);
  });

  test('of one that is called twice are refused, and not the half of another state', async () => {
    const model = functional2(
      [
        { name: 'x', shape: [5, 2] },
        { name: 'z', shape: [5, 2] },
      ],
      [coder, { kind: 'Add', name: 'sum', inputs: ['coder:2', 'coder:2'] }],
    );
    const [, , called, sum] = model.config.layers as { inbound_nodes: unknown[] }[];
    called?.inbound_nodes.push([['z', 0, 0, {}]]);
    if (sum !== undefined) sum.inbound_nodes = [[0, 1].map((node) => ['coder', node, 2, {}])];
    expect((await partsOf(model)).map(({ message }) => message).join()).toContain('second state');
  });
});

test('heads of attention may be wider or narrower than their share of the features', async () => {
  const { network } = await accept(attending({ num_heads: 2, key_dim: 4 }));
  expect(network.layers).toMatchObject([{ type: 'self_attention', heads: 2, key_dim: 4 }]);
});

test('dropout of attention is kept', async () => {
  const { network } = await accept(attending({ num_heads: 2, key_dim: 3, dropout: 0.1 }));
  expect(network.layers).toMatchObject([{ type: 'self_attention', dropout: 0.1 }]);
});

test('a layer that is called twice has one set of weights', async () => {
  const { network } = await accept(twice());
  expect(network.layers).toMatchObject([
    { type: 'dense', name: 'a', units: 4, inputs: ['x'] },
    { type: 'shared', layer: 'a', name: 'a_2', inputs: ['z'] },
    { type: 'add', inputs: ['a', 'a_2'] },
  ]);
});

describe('refused', () => {
  test.each<[string, unknown, string]>([
    ['an input of any length', sequential3([null, 3], [dense('a')]), 'no fixed size'],
    ['a layer that is called twice, on features of another number', twice(3), 'another layer'],
    [
      'shapes that do not fit',
      sequential3([3], [{ kind: 'Conv1D', name: 'c', options: { filters: 2, kernel_size: [3] } }]),
      '2 axes',
    ],
    [
      'a class of a name that objects have',
      sequential3([3], [{ kind: 'constructor', name: 'c' }]),
      'no layer that this service knows',
    ],
    [
      'an initializer of such a name',
      sequential3([3], [dense('a', { kernel_initializer: 'constructor' })]),
      'not known',
    ],
    ['values of another width', attending({ num_heads: 2, key_dim: 3, value_dim: 5 }), 'values'],
    ['an output of another width', attending({ num_heads: 2, key_dim: 3, output_shape: [4] }), 'output'],
    [
      'attention with a mask',
      attending({ num_heads: 2, key_dim: 3 }, ['x', 'x', 'x', 'x']),
      'attention_mask',
    ],
  ])('%s', async (_what, model, message) => {
    const parts = await partsOf(model);
    expect(parts.map((part) => part.message).join()).toContain(message);
  });

  test.each<[string, unknown]>([
    [
      'a circle',
      functional2(
        [{ name: 'x', shape: [4] }],
        [
          { ...dense('a'), inputs: ['b'] },
          { ...dense('b'), inputs: ['a'] },
        ],
      ),
    ],
    [
      'a name that leads nowhere',
      functional2([{ name: 'x', shape: [4] }], [{ ...dense('a'), inputs: ['nowhere'] }]),
    ],
    ['options of the wrong type', sequential3([3], [dense('a', { units: 'many' })])],
    [
      'too many layers',
      sequential3(
        [3],
        Array.from({ length: 3000 }, (_, i) => dense(`d${i}`)),
      ),
    ],
  ])('%s, as a broken file', async (_what, model) => {
    expect(await refused(model)).toMatchObject({ code: 'file_unreadable' });
  });
});

/** A layer on two inputs, and the sum of both. @param other features of the second */
function twice(other = 4) {
  const model = functional2(
    [
      { name: 'x', shape: [4] },
      { name: 'z', shape: [other] },
    ],
    [
      { ...dense('a'), inputs: ['x'] },
      { kind: 'Add', name: 'sum', inputs: ['a', 'a'] },
    ],
  );
  const [, , a, sum] = model.config.layers as { inbound_nodes: unknown[] }[];
  a?.inbound_nodes.push([['z', 0, 0, {}]]);
  if (sum !== undefined)
    sum.inbound_nodes = [
      [
        ['a', 0, 0, {}],
        ['a', 1, 0, {}],
      ],
    ];
  return model;
}

test('layers of Keras 1 are read in their own words', async () => {
  const layer = (name: string, config: object) => ({
    class_name: name,
    config: { name: name.toLowerCase(), ...config },
  });
  const { network } = await accept({
    class_name: 'Sequential',
    keras_version: '1.2.2',
    config: [
      layer('Convolution2D', {
        ...{ batch_input_shape: [null, 1, 8, 8], nb_filter: 4, nb_row: 3, nb_col: 5, border_mode: 'same' },
        ...{ subsample: [2, 2], dim_ordering: 'th', init: 'he_normal', bias: false, activation: 'relu' },
        W_regularizer: { name: 'L1L2Regularizer', l1: 0, l2: 0.01 },
      }),
      layer('MaxPooling2D', { pool_size: [2, 2], strides: [2, 2], border_mode: 'valid', dim_ordering: 'th' }),
      layer('Dropout', { p: 0.3 }),
      layer('Flatten', {}),
      layer('RepeatVector', { n: 3 }),
      layer('LSTM', {
        output_dim: 5,
        inner_activation: 'sigmoid',
        inner_init: 'orthogonal',
        forget_bias_init: 'one',
        dropout_U: 0.1,
      }),
      layer('Dense', { output_dim: 2, init: 'uniform', activation: 'softmax' }),
    ],
  });
  expect(network.layers).toMatchObject([
    { type: 'conv2d', filters: 4, kernel_size: [3, 5], stride: 2, padding: 'same', use_bias: false },
    { type: 'max_pool2d' },
    { type: 'dropout', rate: 0.3 },
    { type: 'flatten' },
    { type: 'repeat_vector', n: 3 },
    { type: 'lstm', units: 5, recurrent_dropout: 0.1 },
    { type: 'dense', units: 2, kernel_initializer: { type: 'uniform' } },
  ]);
});
