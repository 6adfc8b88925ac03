/** @file `"targets": "inputs"`: every sample is its own target, whatever the data set. */
import { expect, test } from 'vitest';
import { loadData } from '../../../src/data/index.ts';
import { inputsOf, parseExperiment } from '../../../src/experiment/index.ts';

const parse = (data: object, network: object, loss = 'mean_squared_error') =>
  parseExperiment({
    network,
    data: { targets: 'inputs', ...data },
    training: { loss, optimizer: 'sgd', steps: 1 },
  });

const same = (shape: number[], size = shape[0]) => ({
  input: { shape },
  layers: [{ type: 'dense', units: size }],
});

test.each([
  ['of classes', { type: 'moons', standardize: true }, same([2])],
  ['of values', { type: 'friedman', scale: 0.5 }, same([10])],
  ['a table in another shape', { type: 'digits' }, same([1, 8, 8], 8)],
  [
    'inline',
    {
      type: 'inline',
      inputs: [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 10],
      ],
      standardize: true,
    },
    same([3]),
  ],
])('%s', (_what, data, network) => {
  const parsed = parse(data, network);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment } = parsed.value;
  const { training, validation } = loadData(experiment.data, 0, inputsOf(experiment));
  expect(training.targets).toEqual(training.inputs.toFloat32());
  expect(validation?.targets).toEqual(validation?.inputs.toFloat32());
  expect(parseExperiment(JSON.parse(JSON.stringify(experiment))).ok).toBe(true);
});

test('images given inline as targets are those of an autoencoder', () => {
  const image = (at: number) => [0, 1].map((c) => [0, 1, 2].map((y) => [0, 1].map((x) => at + c * x - y)));
  const inputs = [1, 2, 3, 4, 5].map(image);
  const network = {
    input: { shape: [2, 3, 2] },
    layers: [{ type: 'conv2d', filters: 2, kernel_size: 3, padding: 'same' }],
  };
  const [given, named] = [inputs, 'inputs'].map((targets) => {
    const parsed = parse({ type: 'inline', inputs, targets }, network);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const { experiment } = parsed.value;
    return loadData(experiment.data, 0, inputsOf(experiment)).training.targets;
  });
  expect(given).toEqual(named);
});

test('has no classes, and needs an output of the shape of the input', () => {
  const classes = parse({ type: 'moons' }, same([2]), 'softmax_cross_entropy');
  expect(classes).toMatchObject({ ok: false, error: [{ pointer: '/training/loss' }] });
  const narrow = parse({ type: 'moons' }, same([2], 1));
  expect(narrow).toMatchObject({ ok: false, error: [{ pointer: '/network/layers/0' }] });
});

test('cannot say which of several inputs it means', () => {
  const network = {
    inputs: { a: { shape: [1] }, b: { shape: [1] } },
    layers: [{ type: 'add', inputs: ['a', 'b'] }],
  };
  const several = parse({ type: 'inline', inputs: { a: [1, 2], b: [3, 4] } }, network);
  expect(several).toMatchObject({ ok: false, error: [{ pointer: '/data/targets' }] });
});

test.each([
  [
    'inline',
    {
      type: 'inline',
      inputs: [
        [0, 0.5],
        [1, 0.25],
      ],
    },
    same([2]),
  ],
  [
    'inline, scaled',
    {
      type: 'inline',
      inputs: [
        [0, 128],
        [255, 3],
      ],
      scale: 1 / 255,
    },
    same([2]),
  ],
  ['of a set', { type: 'digits', scale: 0.0625 }, same([64])],
])('are probabilities where all lie between 0 and 1: %s', (_what, data, network) => {
  expect(parse(data, network, 'sigmoid_cross_entropy').ok).toBe(true);
  expect(parse({ ...data, standardize: true }, network, 'sigmoid_cross_entropy').ok).toBe(false);
});

test('are no probabilities where they do not, and the factor is told', () => {
  expect(parse({ type: 'digits' }, same([64]), 'sigmoid_cross_entropy')).toMatchObject({
    ok: false,
    error: [{ pointer: '/training/loss', fix: expect.stringContaining('"scale": 0.0625') }],
  });
  const signed = {
    type: 'inline',
    inputs: [
      [-1, 0],
      [1, 0],
    ],
  };
  expect(parse(signed, same([2]), 'sigmoid_cross_entropy')).toMatchObject({
    ok: false,
    error: [{ fix: expect.not.stringContaining('scale') }],
  });
});
