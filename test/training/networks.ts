/** @file Random valid experiments of up to eight layers: vectors, sequences, tokens and images, whatever fits where. */
import fc from 'fast-check';
import { inputsOf, parseExperiment, placedLayers, resolveLoss } from '../../src/experiment/index.ts';
import { compileTraining } from '../../src/training/compile.ts';

type Shape = readonly number[];
type Config = Readonly<Record<string, unknown>>;

/** What a layer may be made of, drawn for every place of the network. */
interface Choice {
  readonly pick: number;
  readonly size: number;
  readonly activation: string | Config;
  readonly flag: boolean;
}

/** Smooth, or with kinks that random numbers do not hit. Bounded slopes, so that two engines differ by rounding. */
const activations = fc.constantFrom<string | Config>(
  'sigmoid',
  'tanh',
  'relu',
  { type: 'leaky_relu', negative_slope: 0.2 },
  'prelu',
  'elu',
  'selu',
  'gelu',
  { type: 'gelu', approximate: true },
  'silu',
  'mish',
  'softplus',
  'softsign',
  'hard_swish',
  'sine',
  'softmax',
  { expression: 'x * sigmoid(1.7 * x)' },
);

const choices: fc.Arbitrary<Choice> = fc.record({
  pick: fc.nat(),
  size: fc.integer({ min: 1, max: 4 }),
  activation: activations,
  flag: fc.boolean(),
});

const anywhere = ({ activation, flag }: Choice): Config[] => [
  { type: 'activation', activation },
  { type: 'layer_norm', epsilon: 0.1 },
  { type: 'rms_norm', epsilon: 0.1 },
  { type: 'batch_norm', epsilon: 0.1 },
  { type: 'dropout', rate: flag ? 0.3 : 0 },
  { type: 'gaussian_noise', stddev: 0.1 },
  { type: 'group_norm', groups: 1, epsilon: 0.1 },
  { type: 'rescaling', scale: 0.5, offset: 0.1 },
  { type: 'layer_scale', initial_value: 0.5 },
  { type: 'drop_path', rate: flag ? 0.3 : 0 },
];

const vectors = (choice: Choice, [features = 1]: Shape): Config[] => {
  const { size, activation, flag } = choice;
  const dense = { type: 'dense', units: size, activation, use_bias: flag };
  return [
    dense,
    dense,
    { type: 'residual', layers: [dense] },
    { type: 'repeat', times: 2, layers: [{ ...dense, units: 3 }] },
    { type: 'repeat_vector', n: size },
    { type: 'repeat', times: 2 + (size % 2), shared: true, layers: [{ ...dense, units: features }] },
    ...anywhere(choice),
  ];
};

const sequences = (choice: Choice, [time = 1, features = 1]: Shape): Config[] => {
  const { size, activation, flag } = choice;
  return [
    { type: 'simple_rnn', units: size, return_sequences: flag },
    { type: 'lstm', units: size, return_sequences: flag },
    { type: 'gru', units: size, return_sequences: flag },
    { type: 'gru', units: size, reset_after: true, recurrent_dropout: flag ? 0.3 : 0 },
    { type: 'lstm', units: size, recurrent_dropout: 0.3, activation: 'softsign', return_sequences: flag },
    { type: 'bidirectional', layer: { type: flag ? 'lstm' : 'gru', units: size, return_sequences: flag } },
    { type: 'residual', layers: [{ type: 'gru', units: size, return_sequences: true }] },
    {
      type: 'time_distributed',
      layers: [
        { type: 'dense', units: size, activation },
        { type: 'batch_norm', epsilon: 0.1 },
      ],
    },
    { type: 'masking', value: flag ? 0 : 0.5 },
    { type: 'self_attention', heads: features % 2 === 0 ? 2 : 1, causal: flag },
    {
      type: 'residual',
      layers: [{ type: 'layer_norm', epsilon: 0.1 }, { type: 'self_attention' }],
    },
    { type: 'conv1d', filters: size, kernel_size: Math.min(2, time), padding: 'same', activation },
    { type: 'conv1d', filters: 2 * size, kernel_size: 1, groups: features % 2 === 0 ? 2 : 1 },
    { type: 'positional_embedding', kind: flag ? 'sinusoidal' : 'learned' },
    { type: 'dense', units: size, activation },
    { type: 'global_average_pool1d' },
    { type: 'global_max_pool1d' },
    { type: 'max_pool1d', pool_size: Math.min(2, time), padding: flag ? 'same' : 'valid' },
    { type: 'average_pool1d', pool_size: 2, stride: 1, padding: [1, 0] },
    { type: 'conv1d', filters: size, kernel_size: 2, padding: 1, activation },
    { type: 'conv1d_transpose', filters: size, kernel_size: 2, stride: 2, padding: flag ? 'same' : 'valid' },
    { type: 'zero_padding1d', padding: [1, 0] },
    { type: 'up_sampling1d' },
    { type: 'slice', start: time > 1 && flag ? 1 : 0, step: size },
    { type: 'slice', axis: -1, stop: Math.min(size, features) },
    { type: 'reverse', axis: flag ? 0 : -1 },
    { type: 'class_token', token_initializer: 'normal' },
    { type: 'permute', dims: [2, 1] },
    { type: 'spatial_dropout1d', rate: 0.3 },
    { type: 'instance_norm', epsilon: 0.1 },
    {
      type: 'repeat',
      times: 2,
      shared: true,
      layers: [
        { type: 'residual', layers: [{ type: 'layer_norm', epsilon: 0.1 }, { type: 'self_attention' }] },
        { type: 'gru', units: features, return_sequences: true },
        { type: 'batch_norm', epsilon: 0.1 },
      ],
    },
    { type: 'flatten' },
    ...anywhere(choice),
  ];
};

const images = (choice: Choice, [channels = 1, height = 1, width = 1]: Shape): Config[] => {
  const { size, activation, flag } = choice;
  const window = Math.min(height, width, 2);
  const padding = flag ? 'same' : 'valid';
  return [
    { type: 'conv2d', filters: size, kernel_size: window, padding, activation },
    { type: 'conv2d', filters: size, kernel_size: 3, stride: 2, padding: 'same', activation },
    { type: 'conv2d', filters: 2 * size, kernel_size: 2, dilation: 2, padding: 'same' },
    {
      type: 'conv2d',
      filters: channels,
      kernel_size: [Math.min(64, height), Math.min(64, width)],
      groups: channels,
    },
    {
      type: 'residual',
      layers: [{ type: 'conv2d', filters: size, kernel_size: 3, stride: 2, padding: 'same', activation }],
    },
    { type: 'max_pool2d', pool_size: window },
    { type: 'average_pool2d', pool_size: window, padding },
    { type: 'global_average_pool2d' },
    { type: 'global_max_pool2d' },
    {
      type: 'max_pool2d',
      pool_size: 2,
      stride: 1,
      padding: [
        [1, 0],
        [0, 1],
      ],
    },
    { type: 'conv2d', filters: size, kernel_size: 2, padding: 1, activation },
    { type: 'depthwise_conv2d', kernel_size: window, depth_multiplier: flag ? 2 : 1, padding, activation },
    { type: 'separable_conv2d', filters: size, kernel_size: window, stride: 2, padding: 'same', activation },
    { type: 'conv2d_transpose', filters: size, kernel_size: 3, stride: 2, padding, activation },
    { type: 'zero_padding2d', padding: [1, 0] },
    { type: 'up_sampling2d', interpolation: flag ? 'nearest' : 'bilinear' },
    { type: 'permute', dims: [2, 3, 1] },
    { type: 'slice', axis: 1, start: -1 },
    {
      type: 'repeat',
      times: 2,
      shared: true,
      layers: [{ type: 'conv2d', filters: channels, kernel_size: window, padding: 'same', activation }],
    },
    { type: 'instance_norm', epsilon: 0.1 },
    { type: 'spatial_dropout2d', rate: 0.3 },
    { type: 'flatten' },
    { type: 'reshape', shape: [height * width, channels] },
    ...anywhere(choice),
  ];
};

const candidates = (choice: Choice, shape: Shape): Config[] =>
  shape.length === 1
    ? vectors(choice, shape)
    : shape.length === 2
      ? sequences(choice, shape)
      : images(choice, shape);

export interface Draft {
  readonly input: { readonly shape: Shape; readonly dtype: 'float32' | 'token' };
  readonly choices: readonly Choice[];
  readonly loss: string;
  readonly batch: number;
  readonly penalty: boolean;
  readonly seed: number;
}

export const drafts: fc.Arbitrary<Draft> = fc.record({
  input: fc.constantFrom<Draft['input']>(
    { shape: [3], dtype: 'float32' },
    { shape: [1], dtype: 'float32' },
    { shape: [4, 2], dtype: 'float32' },
    { shape: [1, 3], dtype: 'float32' },
    { shape: [2, 4, 5], dtype: 'float32' },
    { shape: [1, 1, 1], dtype: 'float32' },
    { shape: [5], dtype: 'token' },
  ),
  choices: fc.array(choices, { minLength: 0, maxLength: 6 }),
  loss: fc.constantFrom('mean_squared_error', 'huber', 'softmax_cross_entropy', 'sigmoid_cross_entropy'),
  batch: fc.integer({ min: 1, max: 4 }),
  penalty: fc.boolean(),
  seed: fc.nat(1000),
});

export function parse(request: Config) {
  const parsed = parseExperiment(request);
  if (!parsed.ok) throw new Error(`${JSON.stringify(parsed.error)} in ${JSON.stringify(request)}`);
  return parsed.value;
}

/** The shape after layers, as the compiler sees it. */
const shapeAfter = (input: Draft['input'], layers: readonly Config[]): Shape => {
  if (layers.length === 0) return input.shape;
  const { experiment } = parse({
    network: { input, layers: [...layers, { type: 'flatten' }, { type: 'dense', units: 1 }] },
    data: { type: 'inline', inputs: inputsLike(input.shape), targets: [0.5, 0.5], validation_split: 0 },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', batch_size: 1, steps: 1 },
  });
  const compiled = compileTraining(optionsOf(experiment, 1));
  // The flatten layer takes what the last of them gives.
  return compiled.layers.at(-2)?.input_shape ?? input.shape;
};

const inputsLike = (shape: readonly number[]) => {
  const nested = ([length, ...rest]: readonly number[]): unknown =>
    length === undefined ? 0 : Array.from({ length }, () => nested(rest));
  return nested([2, ...shape]);
};

/** What the compiler is given for it. */
export const optionsOf = (experiment: ReturnType<typeof parse>['experiment'], batchSize: number) => ({
  layers: placedLayers(experiment),
  inputs: inputsOf(experiment),
  batchSize,
  loss: resolveLoss(experiment),
  weighted: false,
  regularization: experiment.training.regularization,
});

/** Token 0 is padding for two of three: a mask for whatever follows. */
const embeddingOf = ({ seed }: Draft): Config => ({
  type: 'embedding',
  vocabulary: 6,
  dimensions: 3,
  mask_zero: seed % 3 > 0,
});

/** The experiment of a draft, put together layer after layer. */
export function experimentOf(draft: Draft): Config {
  const { input, choices: drawn } = draft;
  const layers: Config[] = input.dtype === 'token' ? [embeddingOf(draft)] : [];
  for (const choice of drawn) {
    const fitting = candidates(choice, shapeAfter(input, layers));
    layers.push(fitting[choice.pick % fitting.length] as Config);
  }
  return requestOf(draft, layers, shapeAfter(input, layers));
}

/** The layers with an end that fits the loss, and the data. */
function requestOf({ input, loss, batch, penalty, seed }: Draft, layers: Config[], last: Shape): Config {
  const classes = loss === 'softmax_cross_entropy';
  if (last.length === 3) layers.push({ type: 'flatten' });
  layers.push({ type: 'dense', units: classes ? 3 : 2 });
  const positions = last.length === 2 ? last[0] : undefined;
  const value = (i: number) => (loss === 'sigmoid_cross_entropy' ? i % 2 : Math.sin(i));
  const target = (i: number) => (classes ? i % 3 : [value(i), value(i + 1)]);
  const targets = Array.from({ length: batch }, (_, i) =>
    positions === undefined ? target(i) : Array.from({ length: positions }, (_, t) => target(i + t)),
  );
  return {
    network: { input, layers },
    data: {
      type: 'inline',
      inputs: inputsFor(input, batch, seed),
      targets,
      validation_split: 0,
      shuffle: false,
    },
    training: {
      loss,
      optimizer: 'sgd',
      batch_size: batch,
      steps: 1,
      regularization: penalty ? { l1: 0.01, l2: 0.02 } : {},
    },
  };
}

const merges = ['add', 'multiply', 'average', 'maximum', 'subtract'] as const;

/** Ways to bring two branches together, whatever their shapes are: the last one always fits. */
function joints(kind: string, a: string, b: string, at: number): Config[][] {
  const [left, right] = [`left_${at}`, `right_${at}`];
  return [
    [{ type: kind, inputs: [a, b] }],
    [{ type: 'concatenate', inputs: [a, b] }],
    [
      { type: 'flatten', name: left, inputs: [a] },
      { type: 'flatten', name: right, inputs: [b] },
      { type: 'concatenate', inputs: [left, right] },
    ],
  ];
}

const isValid = (input: Draft['input'], layers: readonly Config[]): boolean => {
  try {
    shapeAfter(input, layers);
    return true;
  } catch {
    return false;
  }
};

/**
 * The same layers as branches: each with another choice on what any layer before it gives, and both merged. At most twelve
 * layers and the end.
 */
export function graphOf(draft: Draft): Config {
  const { input, choices: drawn } = draft;
  const layers: Config[] = [
    input.dtype === 'token'
      ? { ...embeddingOf(draft), name: 'l0' }
      : { type: 'rescaling', scale: 0.9, name: 'l0' },
  ];
  const shapes = [shapeAfter(input, layers)];
  const ends = ['l0'];
  for (const [at, choice] of drawn.entries()) {
    const other = drawn[(at + 1) % drawn.length] as Choice;
    const from = choice.pick % ends.length;
    const chosen = (shape: Shape, pick: number) => {
      const fitting = candidates(choice, shape).filter(({ type }) => type !== 'repeat');
      return fitting[pick % fitting.length] as Config;
    };
    const [a, b] = [`a${at}`, `b${at}`];
    const first = { ...chosen(shapes.at(-1) as Shape, choice.pick), name: a, inputs: [ends.at(-1)] };
    const own = { ...chosen(shapes[from] as Shape, other.pick), name: b, inputs: [ends[from]] };
    const again = { type: 'shared', layer: a, name: b, inputs: [ends[from]] };
    const fits =
      other.flag &&
      isValid(input, [
        ...layers,
        first,
        again,
        { type: 'flatten', inputs: [a], name: 'fa' },
        { type: 'flatten', inputs: [b], name: 'fb' },
        { type: 'concatenate', inputs: ['fa', 'fb'] },
      ]);
    const branches = [first, fits ? again : own];
    const kind = merges[other.pick % merges.length] as string;
    const joint = joints(kind, a, b, at).find((way) => isValid(input, [...layers, ...branches, ...way]));
    const merged = (joint ?? []).map((layer, i, all) =>
      i === all.length - 1 ? { ...layer, name: `m${at}` } : layer,
    );
    if (layers.length + branches.length + merged.length > 12) break;
    layers.push(...branches, ...merged);
    shapes.push(shapeAfter(input, layers));
    ends.push(`m${at}`);
  }
  return requestOf(draft, layers, shapes.at(-1) as Shape);
}

const HEADS = ['softmax_cross_entropy', 'huber', 'sigmoid_cross_entropy', 'sigmoid_dice'] as const;

/** A chain as the body of two or three outputs, each with a loss of its own. */
export function outputsOf(draft: Draft): Config {
  const { input, choices: drawn, seed, batch } = draft;
  const layers: Config[] = input.dtype === 'token' ? [{ ...embeddingOf(draft), mask_zero: false }] : [];
  for (const choice of drawn.slice(0, 4)) {
    const fitting = candidates(choice, shapeAfter(input, layers)).filter(({ type }) => type !== 'masking');
    layers.push(fitting[choice.pick % fitting.length] as Config);
  }
  const last = shapeAfter(input, layers);
  layers.push(
    last.length === 3 ? { type: 'flatten', name: 'body' } : { type: 'rescaling', scale: 0.9, name: 'body' },
  );
  const positions = last.length === 2 ? (last[0] as number) : 1;
  const heads = Array.from({ length: 2 + (seed % 2) }, (_, i) => ({
    loss: HEADS[(seed + i) % HEADS.length] as string,
    weight: 0.5 + i,
    units: 2 + ((seed + i) % 2),
  }));
  layers.push(
    ...heads.map(({ units }, i) => ({ type: 'dense', units, name: `head_${i}`, inputs: ['body'] })),
    { type: 'outputs', inputs: heads.map((_, i) => `head_${i}`) },
  );
  const targetsOf = (sample: number) =>
    heads.flatMap(({ loss, units }, head) => {
      const count = loss.startsWith('softmax') ? positions : positions * units;
      return Array.from({ length: count }, (_, j) => {
        const at = sample + head + j;
        return loss === 'huber' ? Math.sin(at) : at % 2;
      });
    });
  return {
    network: { input, layers },
    data: {
      type: 'inline',
      inputs: inputsFor(input, batch, seed),
      targets: Array.from({ length: batch }, (_, i) => targetsOf(i)),
      validation_split: 0,
      shuffle: false,
    },
    training: {
      loss: { type: 'joint', outputs: heads.map(({ loss, weight }) => ({ loss, weight })) },
      optimizer: 'sgd',
      batch_size: batch,
      steps: 1,
    },
  };
}

/** Numbers that are float32 already, or tokens. */
function inputsFor({ shape, dtype }: Draft['input'], batch: number, seed: number): unknown {
  let index = seed;
  const next = () => {
    index++;
    return dtype === 'token' ? (index * 7) % 6 : Math.fround(1.5 * Math.sin(index * 12.9898));
  };
  const nested = ([length, ...rest]: Shape): unknown =>
    length === undefined ? next() : Array.from({ length }, () => nested(rest));
  return nested([batch, ...shape]);
}
