/** @file What recipes hold: what is called for by the network, its training or a finding, and the learning rate whatever it was. */
import { describe, expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import { recipesFor } from '../../../src/remedies/index.ts';

function experimentOf(training: Readonly<Record<string, unknown>>): Experiment {
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units: 16, activation: 'tanh' },
        { type: 'dense', units: 1, activation: 'tanh' },
      ],
    },
    data: {
      type: 'inline',
      inputs: [
        [0, 1],
        [1, 0],
        [1, 1],
        [0, 0],
      ],
      targets: [0, 1, 1, 0],
      validation_split: 0.5,
    },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', batch_size: 32, steps: 300, ...training },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

const partsOf = (experiment: Experiment, rules: readonly string[], recipe: string): string[] | undefined =>
  recipesFor(experiment, rules)
    .find((one) => one.recipe === recipe)
    ?.parts.map(({ remedy }) => remedy);

/** Six numbers at each of four time steps. */
const grid = (by: number) =>
  Array.from({ length: 4 }, (_, t) => Array.from({ length: 6 }, (__, i) => Math.sin(by + t * i)));

describe('a recipe', () => {
  const plain = experimentOf({});

  it('changes the loss only where it was found wrong', () => {
    expect(partsOf(plain, [], 'modern')).not.toContain('use_cross_entropy');
    const parts = partsOf(plain, ['loss_output_mismatch'], 'modern');
    expect(parts).toContain('use_cross_entropy');
    // Answers have no scale to be standardized.
    expect(parts).not.toContain('standardize_targets');
  });

  it('takes away norms of one number and noise, of which some stays where samples are known by heart', () => {
    const parsed = parseExperiment({
      network: {
        input: { shape: [1, 2, 2] },
        layers: [
          { type: 'conv2d', filters: 4, kernel_size: 2 },
          { type: 'instance_norm' },
          { type: 'activation', activation: 'relu' },
          { type: 'dropout', rate: 0.8 },
          { type: 'flatten' },
          { type: 'dense', units: 4 },
          { type: 'layer_norm' },
          { type: 'activation', activation: 'relu' },
          { type: 'dense', units: 2 },
        ],
      },
      data: {
        type: 'inline',
        inputs: Array.from({ length: 20 }, (_, i) => [
          [
            [i, 1],
            [0, i % 3],
          ],
        ]),
        targets: Array.from({ length: 20 }, (_, i) => i % 2),
      },
      training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', batch_size: 16, steps: 300 },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const layersOf = (rules: readonly string[]) =>
      recipesFor(parsed.value.experiment, rules).find(({ recipe }) => recipe === 'modern')?.experiment.network
        .layers ?? [];
    const types = layersOf(['degenerate_normalization']).map(({ type }) => type);
    expect(types).not.toContain('instance_norm');
    expect(types).toContain('layer_norm');
    const rate = (rules: readonly string[]) => layersOf(rules).find(({ type }) => type === 'dropout')?.rate;
    expect(rate(['excessive_dropout'])).toBe(0);
    expect(rate(['excessive_dropout', 'overfitting'])).toBeCloseTo(0.2);
  });

  it('sets the rate of Adam also where Adam was', () => {
    const slow = experimentOf({ optimizer: { type: 'adam', learning_rate: 1e-3 } });
    const [modern] = recipesFor(slow, []);
    expect(modern?.experiment.training.optimizer).toMatchObject({ type: 'adam', learning_rate: 0.003 });
  });

  it('of attention first moves the norms and takes a rate that learns in few steps, without warm-up', () => {
    const parsed = parseExperiment({
      network: {
        input: { shape: [4, 6] },
        layers: [
          { type: 'positional_embedding' },
          { type: 'residual', layers: [{ type: 'self_attention', heads: 2 }] },
          { type: 'layer_norm' },
          { type: 'global_average_pool1d' },
          { type: 'dense', units: 2 },
        ],
      },
      data: { type: 'inline', inputs: [grid(0), grid(1), grid(2), grid(3)], targets: [0, 1, 0, 1] },
      training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 100 },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const [modern] = recipesFor(parsed.value.experiment, []);
    const parts = modern?.parts.map(({ remedy }) => remedy);
    expect(parts).toContain('use_pre_norm');
    expect(parts).not.toContain('warm_up_learning_rate');
    expect(modern?.experiment.training.optimizer).toMatchObject({ type: 'adam', learning_rate: 0.003 });
  });

  it('bends what is linear where the data are not', () => {
    const parsed = parseExperiment({
      network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 2 }] },
      data: { type: 'xor' },
      training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 100 },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const { experiment } = parsed.value;
    expect(partsOf(experiment, ['underfitting'], 'modern')).toContain('add_hidden_layer');
    expect(partsOf(experiment, [], 'modern')).not.toContain('add_hidden_layer');
    expect(partsOf(plain, ['underfitting'], 'modern')).not.toContain('add_hidden_layer');
  });

  it('keeps where things are as well, if they are pooled over all places; equal ones are one', () => {
    const series = (layers: readonly object[]) => {
      const parsed = parseExperiment({
        network: { input: { shape: [4, 6] }, layers: [...layers, { type: 'dense', units: 2 }] },
        data: { type: 'inline', inputs: [grid(0), grid(1), grid(2), grid(3)], targets: [0, 1, 0, 1] },
        training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 300 },
      });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
      return parsed.value.experiment;
    };
    const conv = { type: 'conv1d', filters: 4, kernel_size: 3, activation: 'tanh' };
    expect(partsOf(series([conv, { type: 'global_max_pool1d' }]), [], 'placed')).toContain('keep_positions');
    expect(partsOf(series([conv, { type: 'flatten' }]), [], 'placed')).toBeUndefined();
    const attention = [{ type: 'self_attention', heads: 2 }, { type: 'global_average_pool1d' }];
    expect(partsOf(series(attention), [], 'placed')).toContain('keep_positions');
    const relu = { ...conv, activation: 'relu', kernel_initializer: 'he_normal' };
    const experiments = recipesFor(series([relu, { type: 'flatten' }]), []).map(({ experiment }) =>
      JSON.stringify(experiment),
    );
    expect(new Set(experiments).size).toBe(experiments.length);
  });

  it('has more steps where they are few, and regularizes where the samples are known by heart', () => {
    expect(partsOf(plain, [], 'longer')).toBeUndefined();
    expect(partsOf(experimentOf({ steps: 20 }), [], 'longer')).toContain('train_longer');
    expect(partsOf(plain, [], 'regularized')).toBeUndefined();
    expect(partsOf(plain, ['overfitting'], 'regularized')).toEqual([
      'narrow_layers',
      'add_l2_regularization',
      'add_dropout',
      'stop_early',
    ]);
  });
});
