/** @file Keras code against the signatures of Keras 3, which is not installed: a namespace in its place refuses what Keras has not. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { codeOf } from '../../../src/export/index.ts';
import {
  activationKind,
  clippingKind,
  initializerKind,
  layerKind,
  lossKind,
  optimizerKind,
  positionKind,
  scheduleKind,
} from '../../../src/network/index.ts';
import { hasNumpy, PYTHON } from '../../python.ts';

type Config = Record<string, unknown>;

const examples = new URL('../../../examples/architectures/', import.meta.url);
const stub = fileURLToPath(new URL('.', import.meta.url));

const nested = ([length, ...rest]: readonly number[], value: number): unknown =>
  length === undefined ? value : Array.from({ length }, () => nested(rest, value));

/** On the first shape that the layers take. */
function keras(
  layers: Config[],
  training: Config = {},
  data: Config = {},
  end: Config[] = [{ type: 'flatten' }, { type: 'dense', units: 2 }],
): string {
  const shapes = [[4], [6, 4], [2, 6, 6], [6, 2, 4, 4], [6]];
  const classes = /categorical|softmax_/.test(String(training.loss));
  for (const [i, shape] of shapes.entries()) {
    const token = i === 4;
    const targets = classes ? [0, 1, 0, 1] : nested([4, 2], 1);
    const parsed = parseExperiment({
      network: {
        input: { shape, ...(token ? { dtype: 'token' } : {}) },
        layers: [...layers, ...end],
      },
      data: { type: 'inline', inputs: nested([4, ...shape], 1), targets, validation_split: 0, ...data },
      training: { loss: 'mean_squared_error', optimizer: 'sgd', steps: 2, ...training },
    });
    if (parsed.ok) return codeOf(parsed.value.experiment).keras;
  }
  throw new Error(`no shape fits ${JSON.stringify(layers)}`);
}

const dense = (more: Config = {}): Config => ({ type: 'dense', units: 3, ...more });
const merge = (type: string): Config[] => [
  dense({ name: 'a' }),
  dense({ inputs: ['input'], name: 'b' }),
  { type, inputs: ['a', 'b'] },
];

/** Options that have no default. */
const needed: Readonly<Record<string, Config>> = {
  dense: { units: 3 },
  conv1d: { filters: 3, kernel_size: 2 },
  conv2d: { filters: 3, kernel_size: 2 },
  conv3d: { filters: 3, kernel_size: 2 },
  depthwise_conv2d: { kernel_size: 2 },
  separable_conv2d: { filters: 3, kernel_size: 2 },
  conv1d_transpose: { filters: 3, kernel_size: 2 },
  conv2d_transpose: { filters: 3, kernel_size: 2 },
  zero_padding1d: { padding: 1 },
  zero_padding2d: { padding: 1 },
  embedding: { vocabulary: 5, dimensions: 3, mask_zero: true },
  simple_rnn: { units: 3 },
  lstm: { units: 3, unit_forget_bias: false },
  gru: { units: 3 },
  bidirectional: { layer: { type: 'lstm', units: 3 } },
  activation: { activation: 'tanh' },
  group_norm: { groups: 2 },
  dropout: { rate: 0.5 },
  spatial_dropout1d: { rate: 0.5 },
  spatial_dropout2d: { rate: 0.5 },
  drop_path: { rate: 0.5 },
  gaussian_noise: { stddev: 0.1 },
  reshape: { shape: [2, 2] },
  permute: { dims: [2, 1] },
  repeat_vector: { n: 2 },
  residual: { layers: [{ type: 'activation', activation: 'tanh' }] },
  repeat: { times: 2, layers: [{ type: 'activation', activation: 'tanh' }] },
  time_distributed: { layers: [dense()] },
  penalty: { expression: '0.5 * x^2' },
};

const merges = [
  'add',
  'subtract',
  'multiply',
  'average',
  'maximum',
  'concatenate',
  'dot',
  'multi_head_attention',
];

const ofSeveral: Readonly<Record<string, Config[]>> = {
  shared: [
    dense({ activation: 'tanh', name: 'a' }),
    dense({ name: 'b', inputs: ['input'] }),
    { type: 'shared', layer: 'a', inputs: ['input'] },
    { type: 'add', inputs: ['a', 'shared_1', 'b'] },
  ],
  auxiliary_loss: [
    dense({ units: 2, name: 'a' }),
    dense({ units: 2, name: 'b', inputs: ['input'] }),
    { type: 'auxiliary_loss', inputs: ['a', 'b'] },
  ],
  outputs: [
    dense({ units: 1, name: 'a' }),
    dense({ units: 1, name: 'b', inputs: ['input'] }),
    { type: 'outputs', inputs: ['a', 'b'] },
  ],
};

const layersOf = (type: string): Config[] =>
  ofSeveral[type] ?? (merges.includes(type) ? merge(type) : [{ type, ...needed[type] }]);

const options: Readonly<Record<string, Config>> = {
  constant: { value: 1 },
};

/** As many quantiles as leave one unit for each target. */
const lossOf = (type: string): unknown => (type === 'quantiles' ? { type, quantiles: [0.9] } : type);

function addAttention(found: Record<string, string>): void {
  for (const type of positionKind.types) {
    const positions = type === 'window_bias' ? { type, window: [2, 3] } : type;
    const attention = { type: 'self_attention', heads: 2, positions, key_value_heads: 1, dropout: 0.1 };
    found[`positions ${type}`] = keras([attention], { regularization: { l2: 0.1 } });
  }
  for (const mode of ['replicate', 'circular'])
    found[`edges ${mode}`] = keras([{ type: 'padding2d', mode, padding: [1, 2] }]);
}

function addOutputs(found: Record<string, string>): void {
  for (const type of lossKind.types) {
    const outputs = [{ loss: lossOf(type), weight: 0.5 }, { loss: 'mean_squared_error' }];
    const columns = /^(softmax|categorical)_/.test(type) ? [0, 0] : [0, 1];
    found[`loss ${type} of one of several outputs`] = keras(
      layersOf('outputs'),
      { loss: { type: 'joint', outputs } },
      { targets: Array.from({ length: 4 }, () => columns) },
      [],
    );
  }
}

const cases = (): Record<string, string> => {
  const found: Record<string, string> = {};
  for (const type of layerKind.types) found[`layer ${type}`] = keras(layersOf(type));
  addAttention(found);
  found['a tied output'] = keras([
    { type: 'embedding', vocabulary: 5, dimensions: 3, name: 'table' },
    dense({ units: 5, tied_to: 'table', activation: 'tanh' }),
  ]);
  const state = { type: 'lstm', units: 3, return_cell: true, name: 'state' };
  found['a state of an lstm'] = keras([state, { type: 'lstm', units: 3, inputs: ['input', 'state'] }]);
  for (const type of activationKind.types) {
    found[`activation ${type}`] = keras([
      dense({ activation: type }),
      { type: 'activation', activation: type },
    ]);
    found[`activation ${type} in a loop`] = keras([{ type: 'simple_rnn', units: 3, activation: type }]);
    found[`activation ${type} of gates`] = keras([{ type: 'lstm', units: 3, recurrent_activation: type }]);
  }
  for (const type of initializerKind.types) {
    const initializer = { type, ...options[type] };
    const kernel = { kernel_initializer: initializer, bias_initializer: initializer };
    found[`initializer ${type}`] = keras([dense(kernel), dense({ ...kernel, use_bias: false })]);
    found[`initializer ${type} in a loop`] = keras([
      { type: 'gru', units: 3, ...kernel, recurrent_initializer: initializer },
    ]);
    found[`initializer ${type} of attention`] = keras([{ type: 'self_attention', ...kernel }]);
  }
  for (const type of lossKind.types) found[`loss ${type}`] = keras([dense()], { loss: lossOf(type) });
  addOutputs(found);
  for (const type of optimizerKind.types)
    for (const clip of [null, ...clippingKind.types]) {
      const limit = {
        global_norm: { max_norm: 1 },
        norm: { max_norm: 1 },
        value: { max_value: 1 },
        adaptive: {},
      };
      const gradient_clipping = clip === null ? null : { type: clip, ...limit[clip] };
      found[`optimizer ${type}, ${clip}`] = keras([dense()], { optimizer: type, gradient_clipping });
    }
  for (const type of scheduleKind.types) {
    const schedule = {
      ...{
        constant: {},
        step: { step_size: 2 },
        exponential: { decay_steps: 2, decay_rate: 0.5 },
        cosine: {},
      },
      ...{ linear_warmup: { warmup_steps: 2 }, reduce_on_plateau: {}, inverse_square_root: {} },
    }[type as string];
    found[`schedule ${type}`] = keras([dense()], { learning_rate_schedule: { type, ...schedule } });
  }
  const scales = { standardize: true, standardize_targets: true, scale: 0.5, shuffle: false };
  const regularization = { l1: 0.1, l2: 0.1 };
  found['options of the data'] = keras([dense()], { regularization }, scales);
  found['class weights'] = keras([dense()], { loss: 'softmax_cross_entropy', class_weights: 'balanced' });
  const labels = { loss: 'sigmoid_cross_entropy', class_weights: 'balanced' };
  found['weights of labels'] = keras([dense()], labels);
  found['given weights of labels'] = keras([dense()], { ...labels, class_weights: [1, 3] });
  for (const file of readdirSync(examples)) {
    const parsed = parseExperiment(JSON.parse(readFileSync(new URL(file, examples), 'utf8')));
    if (parsed.ok) found[file] = codeOf(parsed.value.experiment).keras;
  }
  return found;
};

const RUN = `
import json, sys
sys.path.insert(0, sys.argv[1])
import keras_stub
keras_stub.install()
failures = {}
for name, code in json.load(sys.stdin).items():
    try:
        keras_stub.check_names(code)
        exec(code, {})
    except Exception as error:
        failures[name] = f"{type(error).__name__}: {error}"
print(json.dumps(failures))
`;

/** What is wrong with each of them, by name. */
function refusals(codes: Record<string, string>): Record<string, string> {
  const { stdout, stderr } = spawnSync(PYTHON, ['-B', '-c', RUN, stub], {
    input: JSON.stringify(codes),
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
}

it.skipIf(!hasNumpy)('calls what Keras has, with arguments that it takes', () => {
  const codes = cases();
  expect(Object.keys(codes).length).toBeGreaterThan(240);
  expect(refusals(codes)).toEqual({});
});

it.skipIf(!hasNumpy)('and would be refused otherwise', () => {
  const code = keras([dense({ activation: 'relu', kernel_initializer: 'he_normal' })], { optimizer: 'adam' });
  const wrong = {
    'a class': code.replace('layers.Dense', 'layers.Linear'),
    'an argument': code.replace('kernel_initializer', 'weight_initializer'),
    'an initializer': code.replace('he_normal', 'kaiming_normal'),
    'an option of the optimizer': code.replace('beta_1', 'beta1'),
    'a loss': code.replace('mean_squared_error', 'squares'),
    'a function': `${code}\nf = lambda x: keras.ops.softmin(x)`,
  };
  expect(Object.values(wrong).every((one) => one !== code)).toBe(true);
  expect(Object.keys(refusals({ ...wrong, right: code }))).toEqual(Object.keys(wrong));
});

it('gives a bias the fans of its kernel', () => {
  const code = keras([dense({ bias_initializer: 'torch_default' })]);
  expect(code).toContain('bias_initializer=keras.initializers.RandomUniform(-0.5, 0.5)');
});
