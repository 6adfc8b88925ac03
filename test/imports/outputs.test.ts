/** @file Keras models with several outputs: each keeps its loss and what it weighs. */
import { expect, test } from 'vitest';
import { parseExperiment } from '../../src/experiment/index.ts';
import { importModel } from '../../src/imports/index.ts';
import { functional2, functional3, type Node } from './models.ts';
import { imported } from './predict.ts';

const accept = async (model: unknown) =>
  imported(await importModel(new TextEncoder().encode(JSON.stringify(model))));

const dense = (name: string, units: number, activation: string, inputs: string[]): Node => ({
  kind: 'Dense',
  name,
  options: { units, activation, use_bias: true },
  inputs,
});

const nodes = [
  dense('body', 6, 'relu', ['x']),
  dense('kind', 3, 'softmax', ['body']),
  dense('answer', 1, 'sigmoid', ['body']),
  dense('age', 1, 'linear', ['body']),
];
const ends = ['kind', 'answer', 'age'].map((name) => [name, 0, 0]);

/** With all three as outputs. */
function modelOf(version: 2 | 3, outputs: unknown = ends, compiled: object | null = null) {
  const model = (version === 2 ? functional2 : functional3)([{ name: 'x', shape: [4] }], nodes);
  const config = { ...model.config, output_layers: outputs };
  return { ...model, config, ...(compiled !== null && { compile_config: compiled }) };
}

const optimizer = 'adam';
const byName = {
  loss: { kind: 'sparse_categorical_crossentropy', answer: 'binary_crossentropy', age: 'mse' },
  loss_weights: { kind: 1, answer: 0.5, age: 0.01 },
  optimizer,
};
const inOrder = {
  loss: ['sparse_categorical_crossentropy', 'binary_crossentropy', 'mse'],
  loss_weights: [1, 0.5, 0.01],
  optimizer,
};
const wanted = {
  type: 'joint',
  outputs: [
    { loss: 'categorical_cross_entropy', weight: 1 },
    { loss: 'binary_cross_entropy', weight: 0.5 },
    { loss: 'mean_squared_error', weight: 0.01 },
  ],
};

test.each([2, 3] as const)('of Keras %i end side by side, and can be trained', async (version) => {
  const { network, training, warnings } = await accept(modelOf(version));
  expect(network.layers.at(-1)).toEqual({
    type: 'outputs',
    name: 'outputs',
    inputs: ['kind', 'answer', 'age'],
  });
  expect(training.loss).toEqual({
    ...wanted,
    outputs: wanted.outputs.map(({ loss }) => ({ loss, weight: 1 })),
  });
  expect(warnings.join()).toContain('the outputs are "kind", "answer", "age"');
  const parsed = parseExperiment({
    network,
    data: {
      type: 'inline',
      inputs: [
        [1, 2, 3, 4],
        [2, 3, 4, 1],
      ],
      targets: [
        [2, 1, 30.5],
        [0, 0, 20],
      ],
      validation_split: 0,
    },
    training,
  });
  expect(parsed.ok ? [] : parsed.error).toEqual([]);
});

test.each([
  ['names', byName],
  ['their order', inOrder],
])('losses and weights are told by %s', async (_how, compiled) => {
  expect((await accept(modelOf(3, ends, compiled))).training.loss).toEqual(wanted);
});

test('a dictionary of outputs has names of its own', async () => {
  const outputs = { first: ['age', 0, 0], second: ['kind', 0, 0] };
  const compiled = { loss: { first: 'mae', second: 'sparse_categorical_crossentropy' }, optimizer };
  const { network, training } = await accept(modelOf(3, outputs, compiled));
  expect(network.layers.at(-1)).toMatchObject({ inputs: ['age', 'kind'] });
  expect(training.loss).toEqual({
    type: 'joint',
    outputs: [
      { loss: 'mean_absolute_error', weight: 1 },
      { loss: 'categorical_cross_entropy', weight: 1 },
    ],
  });
});

test('an output without a loss is not trained, which is told', async () => {
  const { training, warnings } = await accept(
    modelOf(3, ends, { loss: { kind: 'sparse_categorical_crossentropy', age: 'mse' }, optimizer }),
  );
  expect(training.loss).toMatchObject({ outputs: [{ weight: 1 }, { weight: 0 }, { weight: 1 }] });
  expect(warnings.join()).toContain('the output "answer" has no loss');
});
