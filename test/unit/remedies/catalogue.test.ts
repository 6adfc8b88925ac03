/** @file Every remedy on networks where it applies and where it does not; where the layers go that remedies put in. */
import { applyPatch } from 'rfc6902';
import { describe, expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import { codeOf } from '../../../src/export/index.ts';
import type { LayerConfig } from '../../../src/network/index.ts';
import { remedies } from '../../../src/remedies/catalogue/index.ts';
import { applyRemedy } from '../../../src/remedies/propose.ts';

type Config = Readonly<Record<string, unknown>>;

function experimentOf(
  shape: number[],
  layers: readonly Config[],
  training: Config = {},
  activation = 'linear',
): Experiment {
  const parsed = parseExperiment({
    network: { input: { shape }, layers: [...layers, { type: 'dense', units: 10, activation }] },
    data: dataOf(shape),
    training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 5, batch_size: 8, ...training },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

function dataOf(shape: number[]): Config {
  const nested = ([length, ...rest]: number[]): unknown =>
    length === undefined ? 0.5 : Array.from({ length }, () => nested(rest));
  return {
    type: 'inline',
    inputs: nested([20, ...shape]),
    targets: Array.from({ length: 20 }, (_, i) => i % 10),
  };
}

const find = (name: string) => {
  const remedy = remedies.find((candidate) => candidate.remedy === name);
  if (remedy === undefined) throw new Error(name);
  return remedy;
};

/** Types of the changed layers, inner ones in parentheses, the output layer left out. */
function placed(name: string, experiment: Experiment): string {
  const result = applyRemedy(find(name), experiment);
  if ('reason' in result) return `not applicable: ${result.reason}`;
  const show = (layer: Config): string => {
    const inner = layer.layers as Config[] | undefined;
    return inner === undefined ? String(layer.type) : `${layer.type}(${inner.map(show).join(' ')})`;
  };
  return result.experiment.network.layers.slice(0, -1).map(show).join(' ');
}

const dense = experimentOf(
  [4],
  [{ type: 'repeat', times: 3, layers: [{ type: 'dense', units: 4, activation: 'sigmoid' }] }],
);
const image = experimentOf(
  [1, 8, 8],
  [
    { type: 'conv2d', filters: 4, kernel_size: 3, padding: 'same', activation: 'tanh' },
    { type: 'conv2d', filters: 8, kernel_size: 3, stride: 2, padding: 'same', activation: 'tanh' },
    { type: 'max_pool2d' },
    { type: 'conv2d', filters: 8, kernel_size: 2, activation: 'tanh' },
    { type: 'flatten' },
  ],
);
const sequence = experimentOf(
  [6, 3],
  [
    { type: 'simple_rnn', units: 5, return_sequences: true, recurrent_initializer: 'normal' },
    { type: 'simple_rnn', units: 5 },
  ],
);
const attention = experimentOf(
  [6, 4],
  [
    { type: 'self_attention', heads: 2 },
    { type: 'dense', units: 8, activation: 'gelu' },
    { type: 'dense', units: 4 },
    { type: 'global_average_pool1d' },
  ],
);

/** A softmax before a loss that takes logits. */
const softmaxed = experimentOf([4], [{ type: 'dense', units: 8, activation: 'relu' }], {}, 'softmax');

/** Too much of everything, and after the sum what belongs before it. */
const excessive = experimentOf(
  [6, 4],
  [
    { type: 'lstm', units: 4, return_sequences: true, unit_forget_bias: false },
    { type: 'residual', layers: [{ type: 'self_attention', heads: 2 }] },
    { type: 'layer_norm' },
    { type: 'global_average_pool1d' },
    { type: 'dense', units: 8, activation: 'relu' },
    { type: 'batch_norm' },
    { type: 'dropout', rate: 0.9 },
  ],
  { gradient_clipping: { type: 'global_norm', max_norm: 1e-3 }, regularization: { l1: 0.1, l2: 1 } },
);

/** Everything in one batch, at a rate that is soon nothing, by an Adam that hardly moves; stops early. */
const decaying = experimentOf(
  [4],
  [{ type: 'rescaling', scale: 255 }, { type: 'dense', units: 8 }, { type: 'batch_norm' }],
  {
    batch_size: 20,
    learning_rate_schedule: { type: 'exponential', decay_rate: 0.01, decay_steps: 1 },
    optimizer: { type: 'adam', learning_rate: 0.1, epsilon: 0.5 },
    early_stopping: { check_every: 1, patience: 1 },
  },
);

/** Of values, in the range of the activation or not. */
function valuesOf(activation: string, targets: readonly number[] = [-100, 0, 200]): Experiment {
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units: 4 },
        { type: 'dense', units: 1, activation },
      ],
    },
    data: {
      type: 'inline',
      inputs: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      targets,
      shuffle: false,
    },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', steps: 5, batch_size: 1 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

describe('remedies', () => {
  const applicable = [
    ...[dense, image, sequence, attention, softmaxed, excessive, decaying],
    ...[valuesOf('relu'), valuesOf('tanh', [0, 1, 1])],
  ];

  it.each(remedies.map((remedy) => [remedy.remedy, remedy] as const))(
    '%s is a valid experiment by a patch, changes what it is given never, and can be told as code',
    (_name, remedy) => {
      let applied = 0;
      for (const experiment of applicable) {
        const before = structuredClone(experiment);
        const result = applyRemedy(remedy, experiment);
        expect(experiment).toEqual(before);
        if ('reason' in result) {
          expect(result.reason).not.toBe('');
          continue;
        }
        applied++;
        const patched = JSON.parse(JSON.stringify(experiment));
        const errors = applyPatch(patched, result.patch as Parameters<typeof applyPatch>[1]);
        expect(errors.every((error) => error === null)).toBe(true);
        expect(patched).toEqual(JSON.parse(JSON.stringify(result.experiment)));
        expect(parseExperiment(JSON.parse(JSON.stringify(patched))).ok).toBe(true);
        // A cure of its own cure would go on for ever.
        const again = applyRemedy(remedy, result.experiment);
        if (remedy.effort === 'architecture' && remedy.dose === undefined)
          expect('reason' in again).toBe(true);
        const { pytorch, keras } = codeOf(result.experiment);
        expect(pytorch).toContain('nn.Sequential(');
        expect(keras).toContain('keras.Sequential(');
      }
      expect(applied).toBeGreaterThan(0);
      expect(remedy.treats.length).toBeGreaterThan(0);
      expect(remedy.sources.length).toBeGreaterThan(0);
    },
  );

  it('batch normalization stands between kernel and activation, and not in sequences', () => {
    expect(placed('add_batch_norm', dense)).toBe('repeat(dense batch_norm activation)');
    expect(placed('add_batch_norm', image)).toBe(
      'conv2d batch_norm activation conv2d batch_norm activation max_pool2d conv2d batch_norm activation flatten',
    );
    expect(placed('add_batch_norm', sequence)).toMatch(/^not applicable: .*layer normalization/);
    expect(placed('add_batch_norm', attention)).toMatch(/^not applicable: .*layer normalization/);
  });

  it('layer normalization stands after recurrent layers and before attention', () => {
    expect(placed('add_layer_norm', sequence)).toBe('simple_rnn layer_norm simple_rnn layer_norm');
    expect(placed('add_layer_norm', attention)).toBe(
      'layer_norm self_attention dense layer_norm activation dense global_average_pool1d',
    );
  });

  it('residual connections go around layers that keep time, or height and width', () => {
    expect(placed('add_residual_connections', image)).toBe(
      'residual(conv2d) residual(conv2d) max_pool2d conv2d flatten',
    );
    expect(placed('add_residual_connections', sequence)).toBe('residual(simple_rnn) simple_rnn');
    expect(placed('add_residual_connections', attention)).toBe(
      'residual(self_attention) residual(dense) residual(dense) global_average_pool1d',
    );
  });

  it('what is linear gets a hidden layer, what is deep or bends by itself none', () => {
    expect(placed('add_hidden_layer', experimentOf([4], []))).toBe('dense');
    expect(placed('add_hidden_layer', decaying)).toBe('rescaling dense batch_norm dense');
    expect(placed('add_hidden_layer', attention)).toMatch(/bend already/);
  });

  it('a plain stack can be left with its output alone, others cannot', () => {
    expect(placed('remove_hidden_layers', dense)).toBe('');
    expect(placed('remove_hidden_layers', image)).toMatch(/no plain stack/);
    expect(placed('remove_hidden_layers', experimentOf([4], []))).toMatch(/no hidden layer/);
  });

  it('what is pooled over all places is flattened, under its own name, except where places are not fixed', () => {
    expect(placed('keep_positions', attention)).toBe('self_attention dense dense flatten');
    expect(placed('keep_positions', image)).toMatch(/pools over no places/);
    const pooled = (more: Readonly<Record<string, unknown>>) =>
      experimentOf(
        [6, 4],
        [
          ...(more.masked === true ? [{ type: 'masking' }] : []),
          { type: 'conv1d', filters: 4, kernel_size: 3, name: 'maps' },
          { type: 'global_max_pool1d', inputs: ['maps'], name: 'most' },
          { type: 'global_average_pool1d', inputs: ['maps'], name: 'mean' },
          { type: 'concatenate', inputs: ['most', 'mean'] },
        ],
      );
    const changed = applyRemedy(find('keep_positions'), pooled({}));
    if ('reason' in changed) throw new Error(changed.reason);
    expect(changed.experiment.network.layers.slice(1, 4)).toMatchObject([
      { type: 'global_max_pool1d', name: 'most' },
      { type: 'flatten', inputs: ['maps'], name: 'mean' },
      { type: 'concatenate', inputs: ['most', 'mean'] },
    ]);
    expect(placed('keep_positions', pooled({ masked: true }))).toMatch(/no fixed places/);
  });

  it('a set of time steps gets positions', () => {
    expect(placed('add_positional_embedding', attention)).toBe(
      'positional_embedding self_attention dense dense global_average_pool1d',
    );
    expect(placed('add_positional_embedding', sequence)).toMatch(/sees the order already/);
  });

  it('what stands in the way beside the weights is taken away', () => {
    const changed = (name: string, dose?: number) => {
      const result = applyRemedy(find(name), decaying, dose);
      if ('reason' in result) throw new Error(result.reason);
      return result.experiment;
    };
    expect(placed('use_layer_norm', decaying)).toBe('rescaling dense layer_norm');
    expect(placed('remove_normalization', decaying)).toBe('rescaling dense');
    expect(placed('remove_normalization', excessive)).toBe(
      'lstm residual(self_attention) layer_norm global_average_pool1d dense dropout',
    );
    expect(placed('standardize_inputs', decaying)).toBe('dense batch_norm');
    // As often as before, over three times the steps.
    expect(changed('train_longer').training.early_stopping).toEqual({ check_every: 3, patience: null });
    expect(changed('keep_learning_rate').training.learning_rate_schedule).toBe('constant');
    expect(changed('reset_averages').training.optimizer).toMatchObject({ epsilon: 1e-7, learning_rate: 0.1 });
    expect(changed('set_learning_rate', 0.003).training.optimizer).toMatchObject({
      learning_rate: 0.003,
      epsilon: 0.5,
    });
    const { batch_size, steps } = changed('reduce_batch_size', 0.5).training;
    expect([batch_size, steps]).toEqual([8, 10]);
  });

  it('tables are drawn anew as well', () => {
    const tokens = parseExperiment({
      network: {
        input: { shape: [6], dtype: 'token' },
        layers: [
          {
            type: 'embedding',
            vocabulary: 2,
            dimensions: 4,
            table_initializer: { type: 'normal', stddev: 40 },
          },
          { type: 'global_average_pool1d' },
          { type: 'dense', units: 2 },
        ],
      },
      data: { type: 'parity', length: 6, samples: 40 },
      training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 5 },
    });
    if (!tokens.ok) throw new Error(JSON.stringify(tokens.error));
    const result = applyRemedy(find('reinitialize_weights'), tokens.value.experiment);
    expect('reason' in result ? null : result.experiment.network.layers[0]).toMatchObject({
      table_initializer: { type: 'uniform', min: -0.05, max: 0.05 },
    });
  });

  it('recurrent layers become gated ones with their options', () => {
    expect(placed('use_lstm', sequence)).toBe('lstm lstm');
    expect(placed('use_gru', sequence)).toBe('gru gru');
    expect(placed('use_lstm', dense)).toBe('not applicable: the network has no simple_rnn layer');
    const result = applyRemedy(find('use_gru'), sequence);
    expect('reason' in result ? null : result.experiment.network.layers[0]).toMatchObject({
      type: 'gru',
      units: 5,
      return_sequences: true,
    });
  });

  it('a decoder that begins with the state of its encoder becomes one with as many states', () => {
    const decoder = experimentOf(
      [6, 3],
      [
        { type: 'simple_rnn', units: 5, name: 'encoder' },
        { type: 'simple_rnn', units: 5, inputs: ['input', 'encoder'] },
      ],
    );
    expect(placed('use_gru', decoder)).toBe('gru gru');
    expect(placed('use_lstm', decoder)).toContain('not applicable: a layer begins with the state');
  });

  it('recurrent layers of both directions become gated ones, which remember', () => {
    const output = sequence.network.layers.slice(-1);
    const withBoth = (layer: LayerConfig): Experiment => {
      const layers = [{ type: 'bidirectional' as const, layer }, ...output];
      return { ...sequence, network: { ...sequence.network, layers } };
    };
    const result = applyRemedy(find('use_lstm'), withBoth({ type: 'simple_rnn', units: 4 }));
    const [first] = 'reason' in result ? [] : result.experiment.network.layers;
    expect(first?.layer).toMatchObject({ type: 'lstm', units: 4 });
    const forgetful = withBoth({ type: 'lstm', units: 4, unit_forget_bias: false });
    const cured = applyRemedy(find('set_forget_bias'), forgetful);
    expect('reason' in cured ? null : cured.experiment.network.layers[0]?.layer).toMatchObject({
      unit_forget_bias: true,
    });
  });

  it('re-initialization makes recurrent kernels orthogonal', () => {
    const result = applyRemedy(find('reinitialize_weights'), sequence);
    const layers = 'reason' in result ? [] : result.experiment.network.layers;
    expect(layers[0]?.recurrent_initializer).toMatchObject({ type: 'orthogonal' });
  });

  const changed = (name: string, experiment: Experiment, dose?: number): Experiment => {
    const result = applyRemedy(find(name), experiment, dose);
    if ('reason' in result) throw new Error(result.reason);
    return result.experiment;
  };

  it('what is too much is taken away', () => {
    const layers = (name: string, dose?: number) => changed(name, excessive, dose).network.layers;
    expect(layers('reduce_dropout', 0.5)[6]?.rate).toBe(0.45);
    expect(layers('lower_batch_norm_momentum')[5]?.momentum).toBe(0.9);
    expect(layers('set_forget_bias')[0]?.unit_forget_bias).toBe(true);
    expect(layers('widen_layers').map(({ units }) => units)).toEqual([
      8,
      undefined,
      undefined,
      undefined,
      16,
      ...Array(2),
      10,
    ]);
    const { training } = changed('reduce_regularization', excessive, 0.1);
    expect(training.regularization.l2).toBeCloseTo(0.1);
    expect(changed('raise_clipping_limit', excessive).training.gradient_clipping).toMatchObject({
      max_norm: 0.1,
    });
  });

  it('a norm behind the sum moves into the branch, and one stays where the stack ends', () => {
    expect(placed('use_pre_norm', excessive)).toBe(
      'lstm residual(layer_norm self_attention) layer_norm global_average_pool1d dense batch_norm dropout',
    );
    expect(placed('use_pre_norm', dense)).toMatch(/^not applicable/);
  });

  it('outputs and targets meet', () => {
    const values = valuesOf('relu');
    expect(changed('use_linear_output', values).network.layers[1]?.activation).toBe('linear');
    expect(changed('standardize_targets', values).data.standardize_targets).toBe(true);
    expect(changed('shuffle_data', values).data.shuffle).toBe(true);
    expect(placed('standardize_targets', dense)).toMatch(/values/);
    const probabilities = experimentOf([4], [], { loss: 'categorical_cross_entropy' }, 'softmax');
    expect(changed('use_linear_output', probabilities).training.loss).toBe('softmax_cross_entropy');
  });

  it('a loss that takes the logarithm of the output gets numbers above 0, and one on distributions softmax', () => {
    const output = (experiment: Experiment) => experiment.network.layers.at(-1)?.activation;
    const counts = (activation: string): Experiment => {
      const values = valuesOf(activation, [2, 3, 9]);
      return { ...values, training: { ...values.training, loss: 'poisson' } };
    };
    for (const activation of ['sigmoid', 'linear', 'tanh'])
      expect(output(changed('match_loss_to_output', counts(activation))), activation).toBe('softplus');
    for (const activation of ['softplus', 'exponential', 'relu'])
      expect(placed('match_loss_to_output', counts(activation)), activation).toMatch(/^not applicable/);
    expect(placed('use_linear_output', counts('sigmoid'))).toMatch(/^not applicable/);
    expect(placed('standardize_targets', counts('softplus'))).toMatch(/not below 0/);
  });

  it.each([
    ['categorical_cross_entropy', 'softmax'],
    ['softmax_cross_entropy', 'linear'],
  ])('of two activations at the output one at most is left, under %s', (loss, last) => {
    const { network, ...rest } = experimentOf([4], [], { loss }, 'sigmoid');
    const layers = [...network.layers, { type: 'activation' as const, activation: 'softmax' }];
    const two = { ...rest, network: { ...network, layers } } as Experiment;
    const activations = changed('match_loss_to_output', two).network.layers.map(
      ({ activation }) => activation,
    );
    expect(activations).toEqual(['linear', last]);
  });

  it('what is rare among pixels, or as one of several labels, is weighed', () => {
    const image = [0, 1].map((y) => [0, 1].map((x) => Number(x > y)));
    const maps = parseExperiment({
      network: {
        input: { shape: [1, 2, 2] },
        layers: [{ type: 'conv2d', filters: 2, kernel_size: 1 }],
      },
      data: {
        type: 'inline',
        inputs: [[image], [image]],
        targets: [
          [image, image],
          [image, image],
        ],
      },
      training: { loss: 'sigmoid_cross_entropy', optimizer: 'sgd', steps: 10 },
    });
    if (!maps.ok) throw new Error(JSON.stringify(maps.error));
    const { experiment } = maps.value;
    expect(changed('balance_classes', experiment).training.class_weights).toBe('balanced');
    const soft = { ...experiment, training: { ...experiment.training, loss: 'mean_squared_error' as const } };
    expect(placed('balance_classes', soft)).toMatch(/no classes/);
  });

  it('answers of yes or no get the cross-entropy, other values keep their loss', () => {
    const answers = changed('use_cross_entropy', valuesOf('softmax', [0, 1, 1]));
    expect(answers.training.loss).toBe('binary_cross_entropy');
    expect(answers.network.layers.at(-1)?.activation).toBe('sigmoid');
    expect(placed('use_cross_entropy', valuesOf('tanh', [0, 1, 2]))).toMatch(/not between 0 and 1/);
    expect(placed('use_cross_entropy', dense)).toMatch(/^not applicable/);
  });

  it('narrower layers keep four units at least, and the output', () => {
    const units = changed('narrow_layers', excessive, 0.25).network.layers.map((layer) => layer.units);
    expect(units).toEqual([4, undefined, undefined, undefined, 4, undefined, undefined, 10]);
    expect(placed('narrow_layers', dense)).toMatch(/more than 4 units/);
  });

  it('the sixteenfold batch sees as many samples, the fourfold makes as many steps', () => {
    const one = experimentOf([4], [], { batch_size: 1, steps: 160 });
    expect(changed('increase_batch_size', one, 16).training).toMatchObject({ batch_size: 16, steps: 10 });
    expect(changed('increase_batch_size', one, 4).training).toMatchObject({ batch_size: 4, steps: 160 });
  });

  it('a longer training stretches its schedule', () => {
    const decayed = experimentOf([4], [], { learning_rate_schedule: { type: 'cosine', decay_steps: 5 } });
    const { steps, learning_rate_schedule } = changed('train_longer', decayed).training;
    expect(steps).toBe(15);
    expect(learning_rate_schedule).toMatchObject({ decay_steps: 15 });
  });
});

it('tailor_activation is for plain networks', () => {
  expect(placed('tailor_activation', sequence)).toMatch(/plain networks/);
  expect(placed('tailor_activation', excessive)).toMatch(/plain networks/);
});
