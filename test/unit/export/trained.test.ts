/**
 * @file A trained network outside: its ONNX model takes a batch of any size, and its weights in PyTorch's layout fit the model
 * that the generated code makes, name by name; both give the same numbers.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import { codeOf, exportOnnx, torchState } from '../../../src/export/index.ts';
import { activationKind } from '../../../src/network/index.ts';
import { train } from '../../../src/training/index.ts';
import { createRandom } from '../../../src/util/random.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../../src/util/safetensors.ts';
import { hasTorch } from '../../python.ts';
import { runTorch } from '../../torch.ts';

type Config = Record<string, unknown>;

const random = createRandom(0, 'inputs');
const drawn = ([length, ...rest]: readonly number[], draw: () => number): unknown =>
  length === undefined ? draw() : Array.from({ length }, () => drawn(rest, draw));

const flatten = { type: 'flatten' };
const dense = (units: number, more: Config = {}) => ({ type: 'dense', units, ...more });
const TOKENS = 7;

/** Every layer with weights, each in more than one shape; a square kernel tells whether it was turned around. */
const networks: Record<
  string,
  readonly [shape: readonly number[], layers: readonly Config[], dtype?: string]
> = {
  dense: [[4], [dense(4, { activation: 'prelu' }), { type: 'batch_norm' }, dense(4, { use_bias: false })]],
  repeated: [
    [3],
    [{ type: 'repeat', times: 3, layers: [dense(3, { activation: 'tanh' }), { type: 'layer_norm' }] }],
  ],
  images: [
    [2, 6, 6],
    [
      { type: 'conv2d', filters: 4, kernel_size: 3, padding: 'same', groups: 2, activation: 'prelu' },
      { type: 'batch_norm' },
      { type: 'depthwise_conv2d', kernel_size: 3, depth_multiplier: 2 },
      { type: 'separable_conv2d', filters: 4, kernel_size: 2 },
      { type: 'conv2d_transpose', filters: 6, kernel_size: 3, stride: 2, groups: 2, padding: 'same' },
      { type: 'group_norm', groups: 2 },
      { type: 'instance_norm' },
      { type: 'layer_scale' },
      { type: 'layer_norm' },
      { type: 'max_pool2d', pool_size: 3, padding: 1, stride: 1 },
      flatten,
    ],
  ],
  sequences: [
    [6, 4],
    [
      { type: 'conv1d', filters: 4, kernel_size: 3, padding: [2, 0], activation: 'prelu' },
      { type: 'conv1d_transpose', filters: 4, kernel_size: 2, stride: 2 },
      { type: 'batch_norm' },
      { type: 'class_token' },
      { type: 'positional_embedding' },
      { type: 'layer_norm' },
      flatten,
    ],
  ],
  recurrent: [
    [5, 3],
    [
      { type: 'bidirectional', layer: { type: 'lstm', units: 3, return_sequences: true } },
      { type: 'bidirectional', layer: { type: 'gru', units: 3, return_sequences: true }, merge: 'average' },
      { type: 'gru', units: 3, return_sequences: true, reset_after: true },
      { type: 'lstm', units: 3, return_sequences: true, use_bias: false },
      { type: 'gru', units: 3, return_sequences: true },
      { type: 'simple_rnn', units: 3 },
    ],
  ],
  loops: [
    [5, 3],
    [
      {
        type: 'bidirectional',
        layer: { type: 'gru', units: 3, return_sequences: true, activation: 'prelu', use_bias: false },
      },
      { type: 'lstm', units: 3, return_sequences: true, activation: 'prelu', recurrent_activation: 'prelu' },
      { type: 'gru', units: 3, return_sequences: true, reset_after: true, recurrent_activation: 'prelu' },
      {
        type: 'time_distributed',
        layers: [
          dense(3, { activation: 'prelu' }),
          { type: 'residual', layers: [dense(3), { type: 'batch_norm' }] },
        ],
      },
      {
        type: 'time_distributed',
        layers: [
          { ...dense(3), name: 'a' },
          { ...dense(3), name: 'b', inputs: ['input'] },
          { type: 'add', inputs: ['a', 'b'] },
        ],
      },
      { type: 'simple_rnn', units: 3, activation: 'relu' },
    ],
  ],
  masked: [
    [TOKENS],
    [
      { type: 'embedding', vocabulary: 9, dimensions: 4, mask_zero: true },
      { type: 'bidirectional', layer: { type: 'gru', units: 2, return_sequences: true } },
      { type: 'batch_norm' },
      { type: 'residual', layers: [{ type: 'layer_norm' }, { type: 'self_attention', heads: 2 }] },
      { type: 'residual', layers: [dense(6, { activation: 'gelu' }), dense(5)] },
      { type: 'lstm', units: 3, return_sequences: true },
      { type: 'global_average_pool1d' },
    ],
    'token',
  ],
  attention: [
    [TOKENS],
    [
      { type: 'embedding', vocabulary: 9, dimensions: 4 },
      { type: 'positional_embedding', kind: 'sinusoidal' },
      {
        type: 'residual',
        layers: [{ type: 'layer_norm' }, { type: 'self_attention', heads: 2, key_dim: 3, causal: true }],
      },
      { type: 'residual', layers: [dense(8, { activation: 'gelu' }), dense(4)] },
      { type: 'global_average_pool1d' },
    ],
    'token',
  ],
  positions: [
    [6, 8],
    [
      {
        type: 'self_attention',
        heads: 4,
        positions: { type: 'rotary', dimensions: 2 },
        key_value_heads: 2,
        causal: true,
      },
      { type: 'self_attention', heads: 2, positions: { type: 'rotary', interleaved: true }, use_bias: false },
      { type: 'self_attention', heads: 3, key_dim: 2, positions: 'alibi', dropout: 0.1 },
      {
        type: 'self_attention',
        heads: 2,
        positions: { type: 'relative_bias', buckets: 8, max_distance: 5 },
        scale: 1,
      },
      {
        type: 'self_attention',
        heads: 2,
        positions: { type: 'relative_bias', buckets: 4, max_distance: 4 },
        causal: true,
      },
      { type: 'self_attention', heads: 2, positions: { type: 'window_bias', window: [3, 2] } },
      { type: 'global_average_pool1d' },
    ],
  ],
  volumes: [
    [3, 2, 5, 4],
    [
      { type: 'conv3d', filters: 4, kernel_size: [2, 3, 3], padding: 'same', activation: 'prelu' },
      { type: 'batch_norm' },
      { type: 'activation', activation: 'softmax' },
      { type: 'max_pool3d', pool_size: [1, 2, 2], padding: 'same' },
      {
        type: 'conv3d',
        filters: 3,
        kernel_size: 2,
        stride: [1, 2, 1],
        padding: 1,
        use_bias: false,
        activation: 'softmax',
      },
      { type: 'average_pool3d', pool_size: [2, 1, 2], padding: [1, 0, 0], stride: 1 },
      { type: 'global_average_pool3d' },
    ],
  ],
  shared: [
    [4],
    [
      { ...dense(4, { activation: 'prelu' }), name: 'a' },
      { type: 'batch_norm', momentum: 0.5 },
      { type: 'shared', layer: 'a', name: 'b' },
      { type: 'shared', layer: 'batch_norm_1' },
      { type: 'shared', layer: 'b', name: 'c', inputs: ['a'] },
      { type: 'subtract', inputs: ['c', 'shared_2'] },
      {
        type: 'residual',
        layers: [dense(4, { activation: 'tanh' }), { type: 'shared', layer: 'dense_2' }],
      },
      { type: 'shared', layer: 'residual_1' },
    ],
  ],
  'shared blocks': [
    [5, 4],
    [
      {
        type: 'repeat',
        times: 3,
        shared: true,
        layers: [
          { type: 'residual', layers: [{ type: 'layer_norm' }, { type: 'self_attention', heads: 2 }] },
          { type: 'residual', layers: [dense(6, { activation: 'gelu' }), dense(4)] },
          { type: 'batch_norm' },
        ],
      },
      { type: 'gru', units: 4, return_sequences: true, reset_after: true },
      { type: 'shared', layer: 'gru_1' },
      {
        type: 'time_distributed',
        layers: [
          { ...dense(4), name: 'step' },
          { type: 'shared', layer: 'step' },
        ],
      },
      { type: 'global_average_pool1d' },
    ],
  ],
  'a second output': [
    [4],
    [
      { ...dense(3, { activation: 'tanh' }), name: 'trunk' },
      { ...dense(3), name: 'second' },
      { ...dense(3), name: 'first', inputs: ['trunk'] },
      { type: 'auxiliary_loss', inputs: ['first', 'second'] },
    ],
  ],
  'several outputs': [
    [4],
    [
      { ...dense(3, { activation: 'tanh' }), name: 'trunk' },
      { ...dense(1), name: 'first' },
      { ...dense(2), name: 'second', inputs: ['trunk'] },
      { type: 'outputs', inputs: ['first', 'second'] },
    ],
  ],
  tied: [
    [TOKENS],
    [
      { type: 'embedding', vocabulary: 9, dimensions: 4, name: 'table', mask_zero: true },
      dense(3, { activation: 'tanh', name: 'code' }),
      dense(4, { tied_to: 'code', activation: 'prelu' }),
      dense(9, { tied_to: 'table', bias_initializer: { type: 'constant', value: 0.5 } }),
      { type: 'global_average_pool1d' },
    ],
    'token',
  ],
  states: [
    [5, 3],
    [
      { type: 'lstm', units: 3, return_cell: true, name: 'state' },
      { type: 'lstm', units: 3, return_sequences: true, inputs: ['input', 'state'], name: 'sequence' },
      { type: 'lstm', units: 2, return_sequences: true, return_cell: true },
      { type: 'lstm', units: 2, activation: 'softsign', name: 'last' },
      { type: 'gru', units: 2, return_sequences: true, reset_after: true, inputs: ['sequence', 'last'] },
      { type: 'gru', units: 2, name: 'ended' },
      { type: 'gru', units: 2, return_sequences: true, inputs: ['sequence', 'ended'], name: 'reset' },
      { type: 'simple_rnn', units: 2, return_sequences: true, inputs: ['reset', 'last'] },
      flatten,
    ],
  ],
  products: [
    [4, 3],
    [
      { ...dense(4, { activation: 'tanh' }), name: 'rows' },
      { type: 'permute', dims: [2, 1], name: 'columns' },
      { type: 'dot', inputs: ['rows', 'columns'], name: 'scores' },
      { type: 'slice', axis: -1, start: 1, step: 2, name: 'odd' },
      { type: 'reshape', shape: [2, 1, 2, 2] },
      { type: 'permute', dims: [3, 4, 1, 2] },
      { type: 'reshape', shape: [2, 4], name: 'stack' },
      { type: 'dot', inputs: ['stack', 'rows'] },
      { type: 'slice', start: -1 },
      flatten,
    ],
  ],
  graph: [
    [4],
    [
      { ...dense(4, { activation: 'tanh' }), name: 'left' },
      { ...dense(4), name: 'right', inputs: ['input'] },
      { type: 'add', name: 'sum', inputs: ['left', 'right'] },
      {
        type: 'residual',
        layers: [
          { ...dense(4), name: 'a' },
          { ...dense(5), name: 'b', inputs: ['input'] },
          { type: 'concatenate', inputs: ['a', 'b'] },
          dense(6),
        ],
      },
    ],
  ],
};

const dataOf = (shape: readonly number[], dtype: string, samples: number) =>
  drawn(
    [samples, ...shape],
    dtype === 'token' ? () => random.integer(9) : () => random.normal(),
  ) as unknown[];

async function trained(name: string) {
  const [shape, layers, dtype = 'float32'] = networks[name] as (typeof networks)[string];
  const parsed = parseExperiment({
    network: { input: { shape, dtype }, layers: [...layers, dense(3)] },
    data: {
      type: 'inline',
      inputs: dataOf(shape, dtype, 6),
      targets: drawn([6, 3], () => random.normal()),
      validation_split: 0,
    },
    training: { loss: 'mean_squared_error', optimizer: 'adam', batch_size: 6, steps: 3 },
  });
  if (!parsed.ok) throw new Error(`${name}: ${JSON.stringify(parsed.error)}`);
  const { experiment } = parsed.value;
  const result = await train(experiment, 0, { keepWeights: true });
  const weights =
    result.ok && result.value.weights !== null ? decodeSafetensors(result.value.weights.final) : null;
  if (weights === null || !weights.ok) throw new Error(`${name}: no weights`);
  return { experiment, weights: weights.value, shape, dtype };
}

/** The predictions of the ONNX model for inputs of some size. */
async function predict(session: InferenceSession, inputs: unknown[], shape: readonly number[]) {
  const flat = Float32Array.from((inputs as number[][]).flat(8) as number[]);
  const { prediction } = await session.run({
    inputs: new Tensor('float32', flat, [inputs.length, ...shape]),
  });
  return [...((prediction as Tensor).data as Float32Array)];
}

interface Case {
  readonly code: string;
  readonly weights: string;
  readonly inputs: unknown[];
  readonly dtype: string;
  readonly expected: number[];
}

/** The ONNX model with batches of 1, 3 and 64 gives the same for the same sample. */
async function throughOnnx(
  experiment: Experiment,
  weights: ReadonlyMap<string, NamedTensor>,
  inputs: unknown[],
  shape: readonly number[],
): Promise<number[]> {
  const session = await InferenceSession.create(exportOnnx(experiment, weights));
  const all = await predict(session, inputs, shape);
  for (const size of [1, 3]) {
    const some = await predict(session, inputs.slice(0, size), shape);
    expect(some).toHaveLength(3 * size);
    for (const [i, value] of some.entries()) expect(value).toBeCloseTo(all[i] as number, 5);
  }
  const fixed = await InferenceSession.create(exportOnnx(experiment, weights, 64));
  expect(await predict(fixed, inputs, shape)).toEqual(all);
  return all;
}

const LOAD = `
import json, struct, sys, torch
def load(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    assert header.pop("__metadata__") == {"layout": "torch"}
    read = lambda e: torch.frombuffer(bytearray(data[8 + n + e["data_offsets"][0]:8 + n + e["data_offsets"][1]]), dtype=torch.float32)
    return {name: read(e).reshape(e["shape"]) for name, e in header.items()}
failures = {}
for name, case in json.load(sys.stdin).items():
    try:
        scope = {}
        exec(case["code"], scope)
        model = scope["model"]
        model.load_state_dict(load(case["weights"]), strict=True)
        model.eval()
        x = torch.tensor(case["inputs"], dtype=torch.long if case["dtype"] == "token" else torch.float32)
        difference = (model(x).flatten() - torch.tensor(case["expected"])).abs().max().item()
        assert difference < 1e-4, f"outputs differ by {difference}"
    except Exception as error:
        failures[name] = f"{type(error).__name__}: {error}"
print(json.dumps(failures))
`;

test('of every kind of layer', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-torch-'));
  const cases: Record<string, Case> = {};
  for (const name of Object.keys(networks)) {
    const { experiment, weights, shape, dtype } = await trained(name);
    const inputs = dataOf(shape, dtype, 64);
    const expected = await throughOnnx(experiment, weights, inputs, shape);
    const state = torchState(experiment, weights);
    if (!state.ok) throw new Error(`${name}: no place for ${state.error.join(', ')}`);
    const file = join(folder, `${name}.safetensors`);
    writeFileSync(file, encodeSafetensors(state.value, { layout: 'torch' }));
    cases[name] = { code: codeOf(experiment).pytorch, weights: file, inputs, dtype, expected };
  }
  if (hasTorch) {
    const { stdout, stderr } = await runTorch(LOAD, JSON.stringify(cases));
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({});
  }
  rmSync(folder, { recursive: true });
});

/** Layers without weights; with those above, these are all whose PyTorch code has modules of its own. */
const weightless: Record<string, readonly [shape: readonly number[], layers: readonly Config[]]> = {
  images: [
    [2, 8, 8],
    [
      { type: 'spatial_dropout2d', rate: 0.1 },
      { type: 'zero_padding2d', padding: 1 },
      { type: 'up_sampling2d', size: 2 },
      { type: 'average_pool2d', pool_size: 2 },
      { type: 'max_pool2d', pool_size: 2 },
      { type: 'rescaling', scale: 0.5 },
      { type: 'permute', dims: [2, 1, 3] },
      { type: 'residual', layers: [{ type: 'drop_path', rate: 0.1 }] },
      { type: 'global_max_pool2d' },
      { type: 'repeat_vector', n: 3 },
    ],
  ],
  sequences: [
    [8, 2],
    [
      { type: 'masking' },
      { type: 'dropout', rate: 0.1 },
      { type: 'gaussian_noise', stddev: 0.1 },
      { type: 'spatial_dropout1d', rate: 0.1 },
      { type: 'zero_padding1d', padding: 1 },
      { type: 'up_sampling1d', size: 2 },
      { type: 'average_pool1d', pool_size: 2 },
      { type: 'max_pool1d', pool_size: 2 },
      { type: 'reshape', shape: [5, 2] },
      { type: 'rms_norm' },
      { type: 'global_max_pool1d' },
    ],
  ],
};

const unknownOf = (shape: readonly number[], layers: readonly Config[]): unknown => {
  const parsed = parseExperiment({
    network: { input: { shape }, layers: [...layers, flatten, dense(1)] },
    data: {
      type: 'inline',
      inputs: dataOf(shape, 'float32', 4),
      targets: drawn([4, 1], () => random.normal()),
    },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', batch_size: 2, steps: 1 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const state = torchState(parsed.value.experiment, new Map());
  return state.ok ? [] : state.error;
};

test.each(Object.entries(weightless))(
  'every class of layers without weights is known: %s',
  (_name, [shape, layers]) => {
    expect(unknownOf(shape, layers)).toEqual([]);
  },
);

test('every class of activations is known', () => {
  for (const type of activationKind.types)
    expect(unknownOf([4], [{ type: 'dense', units: 3, activation: type }]), type).toEqual([]);
});
