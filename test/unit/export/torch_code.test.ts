/** @file The PyTorch code of experiments runs: model, loss, gradient, one step, its own training. Skipped where PyTorch is not installed. */
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { codeOf } from '../../../src/export/index.ts';
import { initializerKind } from '../../../src/network/index.ts';
import { hasTorch } from '../../python.ts';
import { runTorch } from '../../torch.ts';

type Config = Record<string, unknown>;

const zeros = ([length, ...rest]: readonly number[]): unknown =>
  length === undefined ? 0 : Array.from({ length }, () => zeros(rest));

/** An experiment over zeros, ending in a dense layer of three units. */
function codeFor(shape: number[], layers: Config[], training: Config = {}, dtype = 'float32'): string {
  const rank = (training.time as number | undefined) ?? 0;
  const { time: _time, ...more } = training;
  const classes = /^(softmax|categorical)_/.test(String(more.loss));
  const target = classes ? zeros(rank > 0 ? [rank] : []) : zeros(rank > 0 ? [rank, 3] : [3]);
  const parsed = parseExperiment({
    network: {
      input: { shape, dtype },
      layers: [
        ...layers,
        {
          type: 'dense',
          units: 3,
          ...(more.loss === 'categorical_cross_entropy' ? { activation: 'softmax' } : {}),
        },
      ],
    },
    data: {
      type: 'inline',
      inputs: zeros([4, ...shape]),
      targets: [target, target, target, target],
      validation_split: 0,
    },
    training: { loss: 'mean_squared_error', optimizer: 'adam', batch_size: 4, steps: 1, ...more },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return codeOf(parsed.value.experiment).pytorch;
}

const flatten = { type: 'flatten' };
const image = (...layers: Config[]) => codeFor([2, 6, 6], [...layers, flatten]);
const sequence = (...layers: Config[]) => codeFor([6, 4], [...layers, flatten]);

const cases: Record<string, [code: string, shape: number[]]> = {
  volumes: [
    codeFor(
      [3, 2, 4, 4],
      [
        {
          type: 'conv3d',
          filters: 4,
          kernel_size: 2,
          padding: [
            [1, 0],
            [0, 0],
            [2, 1],
          ],
          activation: 'prelu',
        },
        { type: 'activation', activation: 'prelu' },
        { type: 'batch_norm' },
        { type: 'max_pool3d', padding: 'same' },
        { type: 'average_pool3d', pool_size: 3, stride: 1, padding: 1 },
        { type: 'global_max_pool3d' },
      ],
    ),
    [3, 2, 4, 4],
  ],
  edges: [
    image(
      {
        type: 'padding2d',
        padding: [
          [1, 0],
          [2, 1],
        ],
      },
      { type: 'padding2d', mode: 'replicate' },
      { type: 'padding2d', mode: 'circular' },
    ),
    [2, 6, 6],
  ],
  'edges of sequences': [
    sequence(
      ...['reflect', 'replicate', 'circular'].map((mode) => ({ type: 'padding1d', padding: [2, 1], mode })),
    ),
    [6, 4],
  ],
  'positions of attention': [
    sequence(
      { type: 'self_attention', heads: 2, positions: 'rotary', dropout: 0.2 },
      { type: 'self_attention', heads: 2, positions: 'alibi', causal: true, scale: 1 },
      { type: 'self_attention', heads: 2, positions: 'relative_bias', key_value_heads: 1 },
      {
        type: 'self_attention',
        heads: 2,
        positions: { type: 'window_bias', window: [2, 3] },
        use_bias: false,
      },
    ),
    [6, 4],
  ],
  padding: [
    image({
      type: 'conv2d',
      filters: 3,
      kernel_size: 3,
      padding: [
        [1, 0],
        [2, 1],
      ],
    }),
    [2, 6, 6],
  ],
  pooling: [
    image(
      {
        type: 'max_pool2d',
        pool_size: 3,
        padding: [
          [1, 0],
          [0, 1],
        ],
        stride: 1,
      },
      { type: 'average_pool2d', padding: 1 },
    ),
    [2, 6, 6],
  ],
  depthwise: [
    image(
      { type: 'depthwise_conv2d', kernel_size: 3, depth_multiplier: 2 },
      { type: 'separable_conv2d', filters: 3, kernel_size: 2 },
    ),
    [2, 6, 6],
  ],
  transposed: [
    image(
      {
        type: 'conv2d_transpose',
        filters: 3,
        kernel_size: 3,
        stride: 2,
        padding: 'same',
        activation: 'softmax',
      },
      { type: 'conv2d_transpose', filters: 2, kernel_size: 2, stride: 3 },
    ),
    [2, 6, 6],
  ],
  images: [
    image(
      { type: 'up_sampling2d', interpolation: 'bilinear' },
      { type: 'up_sampling2d', size: [1, 2], interpolation: 'bilinear', align_corners: true },
      { type: 'group_norm', groups: 2 },
      { type: 'instance_norm' },
      { type: 'layer_scale' },
      { type: 'rescaling', scale: [1, 2] },
      { type: 'drop_path', rate: 0.5 },
      { type: 'spatial_dropout2d', rate: 0.5 },
      { type: 'permute', dims: [2, 3, 1] },
      { type: 'zero_padding2d' },
    ),
    [2, 6, 6],
  ],
  sequences: [
    sequence(
      { type: 'conv1d', filters: 4, kernel_size: 3, padding: [2, 0], activation: 'prelu' },
      { type: 'max_pool1d' },
      { type: 'up_sampling1d' },
      { type: 'conv1d_transpose', filters: 4, kernel_size: 2, stride: 2, activation: 'softmax' },
      { type: 'class_token' },
      { type: 'spatial_dropout1d', rate: 0.5 },
      { type: 'dense', units: 4, activation: 'prelu' },
      { type: 'zero_padding1d' },
      { type: 'slice', start: 1, step: 2 },
      { type: 'slice', axis: -1, stop: -1 },
      { type: 'reverse' },
      { type: 'stop_gradient' },
      { type: 'penalty', expression: 'abs(x)', weight: 0.1 },
      { type: 'reverse', axis: -1 },
      { type: 'average_pool1d', padding: [1, 0] },
      { type: 'group_norm', groups: 3 },
    ),
    [6, 4],
  ],
  recurrent: [
    sequence(
      { type: 'bidirectional', layer: { type: 'lstm', units: 3, return_sequences: true } },
      { type: 'bidirectional', layer: { type: 'gru', units: 3, return_sequences: true }, merge: 'average' },
      { type: 'gru', units: 3, return_sequences: true, reset_after: true },
    ),
    [6, 4],
  ],
  // Of kernels, biases and loops; a vector has the fans of its kernel.
  ...Object.fromEntries(
    initializerKind.types.map((type) => {
      const initializer = { type, ...(type === 'constant' ? { value: 0.5 } : {}) };
      const both = { kernel_initializer: initializer, bias_initializer: initializer };
      const layers = [
        { type: 'conv1d', filters: 4, kernel_size: 2, ...both },
        { type: 'gru', units: 3, return_sequences: true, reset_after: true, recurrent_dropout: 0.3, ...both },
        { type: 'dense', units: 3, ...both, bias_initializer: type === 'lsuv' ? 'zeros' : initializer },
      ];
      return [`initializer ${type}`, [sequence(...layers), [6, 4]] satisfies [string, number[]]];
    }),
  ),
  vectors: [codeFor([4], [{ type: 'repeat_vector', n: 3 }, { type: 'global_max_pool1d' }]), [4]],
  ...Object.fromEntries(
    ['softmax_cross_entropy', 'categorical_cross_entropy', 'softmax_focal_cross_entropy'].flatMap((loss) => [
      [loss, [codeFor([4], [{ type: 'dense', units: 3 }], { loss }), [4]]],
      [`${loss} per time step`, [codeFor([5, 4], [{ type: 'dense', units: 3 }], { loss, time: 5 }), [5, 4]]],
    ]),
  ),
  ...Object.fromEntries(
    ['softmax_cross_entropy', 'categorical_cross_entropy', 'sigmoid_cross_entropy'].map((loss) => [
      `${loss} with smoothed targets`,
      [codeFor([4], [{ type: 'dense', units: 3 }], { loss, label_smoothing: 0.1 }), [4]],
    ]),
  ),
  ...Object.fromEntries(
    [
      ...['poisson', 'hinge', 'log_cosh', 'huber', 'quantile', 'sigmoid_focal_cross_entropy'],
      ...['sigmoid_dice', 'sigmoid_iou'],
    ].map((loss) => [loss, [codeFor([4], [{ type: 'dense', units: 3 }], { loss }), [4]]]),
  ),
};

const RUN = `
import json, sys
failures = {}
for name, (code, shape) in json.load(sys.stdin).items():
    try:
        scope = {}
        exec(code, scope)
        import torch
        model, loss = scope["model"], scope["loss_function"]
        prediction = model(torch.randn(4, *shape))
        classes = "cross_entropy" in name and "sigmoid" not in name
        targets = torch.zeros(prediction.shape[:-1], dtype=torch.long) if classes else torch.zeros_like(prediction)
        loss(prediction, targets).backward()
        scope["optimizer"].step()
        losses = scope["train"](torch.randn(4, *shape).numpy(), targets.numpy())
        assert len(losses) == 1, losses
    except Exception as error:
        failures[name] = f"{type(error).__name__}: {error}"
print(json.dumps(failures))
`;

describe.skipIf(!hasTorch)(`PyTorch code of ${Object.keys(cases).length} experiments`, () => {
  it('runs, forward, backward, one step, and its own training', async () => {
    const { stdout, stderr } = await runTorch(RUN, JSON.stringify(cases));
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({});
  });
});

const TABLES = `
import sys, torch
scope = {}
exec(sys.stdin.read(), scope)
fixed, learned = [m.table.data for m in scope["model"].modules() if type(m).__name__ == "PositionalEmbedding"]
print(float((fixed[0] - torch.tensor([0.0, 1.0, 0.0, 1.0])).abs().max()), float((learned - 0.5).abs().max()))
`;

it.skipIf(!hasTorch)('sinusoids stay beside learned positions, which get their initializer', async () => {
  const code = sequence(
    { type: 'positional_embedding', kind: 'sinusoidal' },
    { type: 'positional_embedding', table_initializer: { type: 'constant', value: 0.5 } },
  );
  const { stdout, stderr } = await runTorch(TABLES, code);
  expect(stderr).toBe('');
  expect(stdout.trim().split(' ').map(Number)).toEqual([0, 0]);
});
