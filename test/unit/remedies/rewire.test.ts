/** @file Remedies on networks that are graphs: every layer takes what it took, whatever was put in between. */
import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { placeNetwork, sourceName } from '../../../src/network/index.ts';
import { withLayers } from '../../../src/remedies/edit.ts';
import { applyRemedy, remedies } from '../../../src/remedies/index.ts';
import { keepWiring } from '../../../src/remedies/rewire.ts';

type Config = Record<string, unknown>;

const dense = (more: Config = {}) => ({ type: 'dense', units: 4, activation: 'sigmoid', ...more });

function parse(layers: Config[]) {
  const parsed = parseExperiment({
    network: { input: { shape: [4] }, layers },
    data: { type: 'teacher', features: 4, outputs: 1, samples: 20 },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', steps: 1 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

/** Every layer after the remedy, with what it takes. */
function wiringAfter(remedy: string, layers: Config[]): Record<string, string[]> {
  const found = remedies.find((one) => one.remedy === remedy);
  if (found === undefined) throw new Error(remedy);
  const result = applyRemedy(found, parse(layers));
  if ('reason' in result) throw new Error(result.reason);
  const placed = placeNetwork(result.experiment.network).layers;
  return Object.fromEntries(placed.map(({ name, inputs }) => [name, inputs.map(sourceName)]));
}

const diamond = [
  dense(),
  dense(),
  dense({ inputs: ['dense_1'] }),
  { type: 'add', inputs: ['dense_2', 'dense_3'] },
  { type: 'dense', units: 1 },
];

describe('what was inserted behind a layer stands between it and whoever names it', () => {
  test('normalization before the activation', () => {
    expect(wiringAfter('add_batch_norm', diamond)).toEqual({
      dense_1: ['input'],
      batch_norm_1: ['dense_1'],
      activation_1: ['batch_norm_1'],
      dense_2: ['activation_1'],
      batch_norm_2: ['dense_2'],
      activation_2: ['batch_norm_2'],
      dense_3: ['activation_1'],
      batch_norm_3: ['dense_3'],
      activation_3: ['batch_norm_3'],
      add_1: ['activation_2', 'activation_3'],
      dense_4: ['add_1'],
    });
  });

  test('names that count are counted again', () => {
    const layers = [
      { type: 'dense', units: 4 },
      { type: 'activation', activation: 'relu' },
      dense(),
      { type: 'activation', activation: 'tanh' },
      { type: 'multiply', inputs: ['activation_2', 'activation_1', 'input'] },
      { type: 'dense', units: 1 },
    ];
    const wiring = wiringAfter('add_batch_norm', layers);
    expect(wiring.multiply_1).toEqual(['activation_3', 'activation_1', 'input']);
  });

  test('in every copy of a repeat, named from inside and from outside', () => {
    const body = [dense(), dense(), { type: 'add', inputs: ['dense_1', 'dense_2'] }];
    const layers = [
      { type: 'repeat', times: 2, layers: body },
      { type: 'concatenate', inputs: ['dense_2', 'add_2', 'dense_3'] },
      { type: 'dense', units: 1 },
    ];
    expect(wiringAfter('add_dropout', layers)).toMatchObject({
      add_1: ['dropout_1', 'dropout_2'],
      add_2: ['dropout_3', 'dropout_4'],
      concatenate_1: ['dropout_2', 'add_2', 'dropout_3'],
    });
  });
});

test('another activation changes no wiring', () => {
  expect(wiringAfter('use_relu', diamond)).toMatchObject({
    dense_3: ['dense_1'],
    add_1: ['dense_2', 'dense_3'],
  });
});

test('a residual connection around a layer takes what that took, and stands for it', () => {
  expect(wiringAfter('add_residual_connections', diamond)).toMatchObject({
    residual_2: ['residual_1'],
    residual_3: ['residual_1'],
    add_1: ['residual_2', 'residual_3'],
  });
});

describe('weights that are used in several places', () => {
  const twice = [
    dense({ name: 'a' }),
    { type: 'shared', layer: 'a', inputs: ['input'] },
    { type: 'add', inputs: ['a', 'shared_1'] },
    { type: 'dense', units: 1 },
  ];

  test('change in all of them', () => {
    const result = applyRemedy(remedies.find(({ remedy }) => remedy === 'use_relu') as never, parse(twice));
    if ('reason' in result) throw new Error(result.reason);
    const placed = placeNetwork(result.experiment.network).layers;
    expect(placed.slice(0, 2).map(({ config, weights }) => [config.activation, weights])).toEqual([
      ['relu', 'a'],
      ['relu', 'a'],
    ]);
  });

  test('are not put behind something in one of them', () => {
    expect(() => wiringAfter('add_batch_norm', twice)).toThrow('"a" are used in several places');
    expect(() => wiringAfter('add_residual_connections', twice)).toThrow('"a" are used in several places');
  });

  test('are named by the names that their layers have then', () => {
    const layers = [dense(), dense(), dense({ tied_to: 'dense_2' }), { type: 'dense', units: 1 }];
    const result = keepWiring(parse(layers), (experiment) =>
      withLayers(experiment, experiment.network.layers.slice(1)),
    );
    if ('reason' in result) throw new Error(result.reason);
    expect(result.experiment.network.layers[1]).toMatchObject({ tied_to: 'dense_1' });
  });

  test('and what lies behind a table is not what an output is tied to', () => {
    const layers = [dense(), dense({ tied_to: 'dense_1' }), { type: 'dense', units: 1 }];
    expect(wiringAfter('add_batch_norm', layers)).toMatchObject({ dense_2: ['activation_1'] });
  });
});

test('every remedy that applies to a graph leaves a valid one, with merges of as many inputs', () => {
  const experiment = parse(diamond);
  for (const remedy of remedies) {
    const result = applyRemedy(remedy, experiment);
    if ('reason' in result) {
      expect(result.reason).not.toMatch(/nothing here is named|no layer uses|does not stand/);
      continue;
    }
    const placed = placeNetwork(result.experiment.network).layers;
    expect(placed.find(({ type }) => type === 'add')?.inputs).toHaveLength(2);
  }
});
