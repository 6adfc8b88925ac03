/** @file What people call things elsewhere leads to what they are called here, with the reason. */
import { expect, test } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { tinyExperiment } from '../../http/service.ts';

type Body = { network: { layers: Record<string, unknown>[] }; training: Record<string, unknown> } & Record<
  string,
  unknown
>;

function problemsOf(change: (body: Body) => void) {
  const body = structuredClone(tinyExperiment()) as Body;
  change(body);
  const parsed = parseExperiment(body);
  return parsed.ok ? [] : parsed.error.map(({ pointer, fix }) => `${pointer}: ${fix}`);
}

const layer = (options: Record<string, unknown>) => (body: Body) => {
  body.network.layers[0] = { ...body.network.layers[0], ...options };
};
const training = (options: Record<string, unknown>) => (body: Body) => Object.assign(body.training, options);

test.each([
  ['activation', 'swish', 'silu'],
  ['activation', 'ReLU', 'relu'],
  ['activation', 'LeakyReLU', 'leaky_relu'],
  ['type', 'Dense', 'dense'],
  ['type', 'Linear', 'dense'],
  ['type', 'BatchNormalization', 'batch_norm'],
  ['kernel_initializer', 'xavier_uniform', 'glorot_uniform'],
  ['kernel_initializer', 'kaiming_normal', 'he_normal'],
])('a layer whose %s is %s', (key, given, name) => {
  expect(problemsOf(layer({ [key]: given })).join()).toContain(`it is called "${name}" here`);
});

test.each([
  ['loss', 'mse', 'mean_squared_error'],
  ['loss', 'MAE', 'mean_absolute_error'],
  ['loss', 'bce', 'binary_cross_entropy'],
  ['loss', 'CrossEntropyLoss', 'softmax_cross_entropy'],
  ['loss', 'sparse_categorical_crossentropy', 'categorical_cross_entropy'],
  ['optimizer', 'SGD', 'sgd'],
  ['optimizer', 'Adam', 'adam'],
])('a training whose %s is %s', (key, given, name) => {
  expect(problemsOf(training({ [key]: given })).join()).toContain(`it is called "${name}" here`);
});

test('keys of other libraries', () => {
  const lr = problemsOf(training({ optimizer: { type: 'sgd', lr: 0.1 } })).join();
  expect(lr).toContain('/training/optimizer/lr: it is called "learning_rate" here');
  expect(problemsOf(layer({ kernel_regularizer: 'l2' })).join()).toContain('"regularization"');
  expect(problemsOf(layer({ input_shape: [2] })).join()).toContain('"network"');
});

test('a misspelt word is still guessed', () => {
  expect(problemsOf(layer({ activation: 'sigmoyd' })).join()).toContain('did you mean "sigmoid"?');
});
