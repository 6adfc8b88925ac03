/** @file PyTorch code of networks with masks and loops of their own: three steps of training have the losses of the service. */
import { expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { train } from '../../../src/training/index.ts';
import { decodeSafetensors } from '../../../src/util/safetensors.ts';
import { hasTorch } from '../../python.ts';
import { type TorchRun, trainInTorch } from './torch_weights.ts';

type Config = Record<string, unknown>;

const [SAMPLES, TIME] = [5, 4];
const tokens = Array.from({ length: SAMPLES }, (_, i) =>
  Array.from({ length: TIME }, (_step, t) =>
    t >= TIME - (i % 4) || (i === 4 && t === 1) ? 0 : 1 + ((i + 2 * t) % 5),
  ),
);
const numbers = tokens.map((row, i) =>
  row.map((token, t) => (token === 0 ? [0, 0] : [Math.sin(i + 3 * t), Math.cos(2 * i - t)])),
);
const images = numbers.map((row) =>
  row.map(([a = 0, b = 0]) => [
    [
      [a, b],
      [b, a],
    ],
  ]),
);

const embedding = {
  type: 'embedding',
  vocabulary: 6,
  dimensions: 4,
  mask_zero: true,
  table_initializer: { type: 'normal', stddev: 0.7 },
};
const masking = { type: 'masking' };
const every = (type: string, more: Config = {}) => ({ type, units: 3, return_sequences: true, ...more });
const last = (type: string, more: Config = {}) => ({ type, units: 3, ...more });
const pool = { type: 'global_average_pool1d' };
const attention = { type: 'self_attention', heads: 2 };
const dense = (units: number, activation = 'tanh') => ({ type: 'dense', units, activation });

interface Case {
  readonly layers: readonly Config[];
  readonly inputs?: unknown[];
  readonly shape?: number[];
  readonly training?: Config;
}

const ofTokens = (...layers: Config[]): Case => ({
  layers: [embedding, ...layers],
  inputs: tokens,
  shape: [TIME],
});
const ofNumbers = (...layers: Config[]): Case => ({ layers, inputs: numbers, shape: [TIME, 2] });
const trained = (training: Config, { layers, ...more }: Case): Case => ({ ...more, layers, training });
const taggers = { loss: 'softmax_cross_entropy' };
const gates = { activation: 'softsign', recurrent_activation: 'hard_sigmoid' };

const cases: Record<string, Case> = {
  lstm: ofNumbers(masking, last('lstm')),
  'gru in turn': ofNumbers(
    { type: 'masking', value: 0 },
    every('gru'),
    last('simple_rnn', { activation: 'relu' }),
  ),
  'reset after': ofNumbers(masking, last('gru', { reset_after: true })),
  'both ways': ofTokens({ type: 'bidirectional', layer: every('lstm') }),
  'both ways, last': ofTokens({ type: 'bidirectional', layer: last('gru'), merge: 'average' }),
  tagger: trained(taggers, ofTokens({ type: 'bidirectional', layer: every('gru') })),
  'weighted tagger': trained({ ...taggers, class_weights: 'balanced' }, ofTokens(every('lstm'))),
  'huber per step': trained({ loss: { type: 'huber', delta: 0.3 } }, ofTokens(dense(3))),
  'log cosh per step': trained({ loss: 'log_cosh' }, ofTokens(dense(3))),
  attention: ofTokens(attention, pool),
  'causal attention': ofTokens({ ...attention, causal: true }, { type: 'global_max_pool1d' }),
  'batch norm': ofTokens(dense(3), { type: 'batch_norm' }, last('lstm')),
  encoder: ofTokens(
    { type: 'positional_embedding' },
    { type: 'residual', layers: [{ type: 'layer_norm' }, attention] },
    { type: 'residual', layers: [{ type: 'layer_norm' }, dense(4)] },
    { type: 'class_token' },
    attention,
    pool,
  ),
  'a body with branches': ofTokens(
    {
      type: 'residual',
      layers: [
        { ...attention, name: 'a' },
        { ...dense(4), inputs: ['input'], name: 'b' },
        { type: 'add', inputs: ['a', 'b'] },
      ],
    },
    pool,
  ),
  'a sum with something that has no mask': ofTokens(
    { type: 'conv1d', filters: 4, kernel_size: 1 },
    { type: 'add', inputs: ['embedding_1', 'conv1d_1'] },
    pool,
  ),
  'one after another': ofTokens(
    { ...dense(4), name: 'a' },
    { type: 'concatenate', inputs: ['embedding_1', 'a'], axis: 0 },
    last('lstm'),
  ),
  'cross attention': ofTokens(
    { ...every('gru', { units: 4 }), name: 'a' },
    { type: 'multi_head_attention', inputs: ['a', 'embedding_1'], heads: 2 },
    pool,
  ),
  'at every step': ofNumbers(
    masking,
    { type: 'time_distributed', layers: [dense(3), dense(2)] },
    last('lstm'),
  ),
  'images in a sequence': {
    layers: [
      masking,
      {
        type: 'time_distributed',
        layers: [{ type: 'conv2d', filters: 2, kernel_size: 2 }, { type: 'flatten' }],
      },
      last('gru'),
    ],
    inputs: images,
    shape: [TIME, 1, 2, 2],
  },
  'lstm with other activations': ofNumbers(every('lstm', gates)),
  'gru with other activations': ofNumbers(last('gru', { ...gates, reset_after: true })),
  'plain loop with other activation': ofNumbers(last('simple_rnn', { activation: 'sine' })),
  'no bias': ofNumbers(masking, last('gru', { use_bias: false }), last('dense', { use_bias: false })),
  'adaptive clipping': trained(
    { gradient_clipping: { type: 'adaptive', ratio: 0.05 } },
    ofTokens(last('lstm'), dense(1), dense(3)),
  ),
};

const targetAt = (i: number, classes: boolean) =>
  classes ? i % 3 : [Math.sin(i), Math.cos(i), Math.sin(2 * i)];

/** The targets have a time where the output has one. */
function parse({ layers, inputs, shape, training = {} }: Case) {
  const classes = training.loss === 'softmax_cross_entropy';
  const whole = Array.from({ length: SAMPLES }, (_, i) => targetAt(i, classes));
  const stepwise = whole.map((_, i) => Array.from({ length: TIME }, (_step, t) => targetAt(i + t, classes)));
  const bodies = [stepwise, whole].map((targets) => ({
    network: {
      input: { shape, ...(shape?.length === 1 ? { dtype: 'token' } : {}) },
      layers: [...layers, { type: 'dense', units: 3 }],
    },
    data: { type: 'inline', inputs, targets, validation_split: 0, shuffle: false },
    training: {
      ...{
        loss: 'mean_squared_error',
        optimizer: { type: 'sgd', learning_rate: 0.1 },
        batch_size: SAMPLES,
        steps: 3,
      },
      ...training,
    },
  }));
  for (const body of bodies) {
    const parsed = parseExperiment(body);
    if (parsed.ok) return { experiment: parsed.value.experiment, targets: body.data.targets };
    if (body === bodies[1]) throw new Error(JSON.stringify(parsed.error));
  }
  throw new Error('neither');
}

it.skipIf(!hasTorch)('losses of three steps', async () => {
  const runs: Record<string, TorchRun> = {};
  const expected: Record<string, readonly number[]> = {};
  for (const [name, entry] of Object.entries(cases)) {
    const { experiment, targets } = parse(entry);
    const found = await train(experiment, 0, { keepWeights: true });
    if (!found.ok || found.value.weights === null) throw new Error(name);
    expected[name] = [...found.value.losses];
    const weights = decodeSafetensors(found.value.weights.initial);
    if (!weights.ok) throw new Error(name);
    runs[name] = { experiment, weights: weights.value, arrays: [entry.inputs, targets] };
  }
  const found = await trainInTorch(runs);
  const wrong = Object.entries(expected).flatMap(([name, losses]) => {
    const own = found[name];
    if (!Array.isArray(own)) return [`${name}: ${own}`];
    const errors = losses.map((loss, i) => Math.abs(loss - (own[i] as number)) / Math.max(1e-3, loss));
    return Math.max(...errors) < 1e-4 && own.length === 3 ? [] : [`${name}: ${own} for ${losses}`];
  });
  expect(wrong).toEqual([]);
});
