/** @file Layers with several inputs, tables, and what is known to have no counterpart. */
import type { NamedTensor } from '../../../util/safetensors.ts';
import { Misfit, ModelUnreadable, Unsupported } from '../../model.ts';
import type { Value } from '../../writer.ts';
import { isObject, type Json } from '../config.ts';
import {
  asInKeras,
  type Context,
  type Convert,
  channelsFirst,
  only,
  rankOf,
  weightsOf,
  withInitializer,
} from '../context.ts';
import type { Constant, KerasLayer } from '../model.ts';

/** All in the same order of axes; of fewer axes, with axes of 1 before those that they have in Keras. */
function together(inputs: readonly Value[], layer: KerasLayer, context: Context): Value[] {
  const rank = Math.max(...inputs.map(rankOf));
  if (rank < 3) return [...inputs];
  const first = inputs.some(({ channels }) => channels === 'last');
  return inputs.map((x) => {
    const whole = rankOf(x) === rank ? x : widened(x, layer, context);
    return first ? channelsFirst(whole, layer, context) : asInKeras(whole, layer, context);
  });
}

function widened(x: Value, { name }: KerasLayer, { writer }: Context): Value {
  const shape = [...new Array<number>(3 - rankOf(x)).fill(1), ...x.shape];
  return writer.add('reshape', { shape }, [x], { name: `${name}_axes` });
}

/** An operation of a tensor and a number, as x + 3 in code becomes one. */
function withNumber(
  type: string,
  { value, isFirst }: Constant,
  { name }: KerasLayer,
  inputs: readonly Value[],
  { writer }: Context,
): Value {
  const linear = new Map<string, Record<string, unknown>>([
    ['add', { offset: value }],
    ['subtract', isFirst ? { scale: -1, offset: value } : { offset: -value }],
    ['multiply', { scale: value }],
    ...(isFirst || value === 0 ? [] : [['divide', { scale: 1 / value }] as const]),
  ]).get(type);
  const x = only(inputs);
  const place = { name, channels: x.channels };
  if (linear !== undefined) return writer.add('rescaling', linear, [x], place);
  if (type !== 'maximum')
    throw new Unsupported(`the ${type} of ${isFirst ? 'a number and a tensor' : 'a tensor and this number'}`);
  return writer.add('activation', { activation: { expression: `max(x, ${value})` } }, [x], place);
}

const merge =
  (type: string): Convert =>
  (layer, inputs, context) => {
    const constant = layer.call?.constant ?? null;
    if (inputs.length === 1 && constant !== null) return withNumber(type, constant, layer, inputs, context);
    if (inputs.length < 2)
      throw new Unsupported('one of its operands is a constant', 'rescaling, with a scale and an offset');
    const all = together(inputs, layer, context);
    return context.writer.add(type, {}, all, { name: layer.name, channels: all[0]?.channels ?? 'same' });
  };

/** −max(−a, −b) */
const minimum: Convert = (layer, inputs, context) => {
  const { name } = layer;
  if (inputs.length < 2)
    throw new Unsupported('one of its operands is a constant', 'maximum, of the negatives');
  const negative = (x: Value, what: string) =>
    context.writer.add('rescaling', { scale: -1 }, [x], { name: `${name}_${what}`, channels: x.channels });
  const turned = inputs.map((x, i) => negative(x, `negative_${i + 1}`));
  return negative(merge('maximum')({ ...layer, name: `${name}_largest` }, turned, context), 'smallest');
};

/** Of a tensor and a number. */
const divide: Convert = (layer, inputs, context) => {
  if (inputs.length > 1) throw new Unsupported('the quotient of two tensors');
  return merge('divide')(layer, inputs, context);
};

/** Functions of TensorFlow that are operations or activations, as Keras 2 calls them. */
const functions: ReadonlyMap<string, Convert> = new Map<string, Convert>(
  Object.entries({
    add: merge('add'),
    subtract: merge('subtract'),
    sub: merge('subtract'),
    multiply: merge('multiply'),
    maximum: merge('maximum'),
    minimum: minimum,
    truediv: divide,
    divide,
  }),
);
const ACTIVATIONS = [
  'relu',
  'relu6',
  'sigmoid',
  'tanh',
  'softplus',
  'softsign',
  'elu',
  'selu',
  'silu',
  'gelu',
];

/** Blocks of channels become blocks of pixels, in TensorFlow's order: row, column, channel. */
function depthToSpace(layer: KerasLayer, given: Value, block: unknown, context: Context): Value {
  const { name } = layer;
  const { writer } = context;
  const image = channelsFirst(given, layer, context);
  const [channels = 0, height = 0, width = 0] = image.shape;
  if (rankOf(given) !== 3 || typeof block !== 'number' || channels % block ** 2 !== 0)
    throw new Unsupported('blocks of channels other than of an image', 'images, with a whole block_size');
  const left = channels / block ** 2;
  const apart = writer.add('reshape', { shape: [block, block, left, height, width] }, [image], {
    name: `${name}_blocks`,
  });
  const turned = writer.add('permute', { dims: [3, 4, 1, 5, 2] }, [apart], { name: `${name}_pixels` });
  const shape = [left, height * block, width * block];
  return writer.add('reshape', { shape }, [turned], { name, channels: 'last' });
}

const OPERATIONS: Readonly<Record<string, string>> = {
  Add: 'add',
  AddV2: 'add',
  Sub: 'subtract',
  Mul: 'multiply',
  Maximum: 'maximum',
  Minimum: 'minimum',
  RealDiv: 'divide',
};

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    throw new ModelUnreadable('the node_def of a TensorFlowOpLayer is no JSON');
  }
}

/** What the file says of a node of TensorFlow's graph; older files have it as text. */
function nodeOf({ config }: KerasLayer): { op: string; attributes: Json } {
  const given = parsed(config.node_def);
  const node = isObject(given) ? given : {};
  return { op: String(node.op), attributes: isObject(node.attr) ? node.attr : {} };
}

/** A node of TensorFlow's graph, as Keras wrote operations in TensorFlow 2.0 to 2.3. */
const tensorFlowNode: Convert = (layer, inputs, context) => {
  const { op, attributes } = nodeOf(layer);
  const [x] = inputs;
  if (op === 'DepthToSpace' && x !== undefined) {
    const { block_size: block } = attributes;
    return depthToSpace(layer, x, isObject(block) ? Number(block.i) : null, context);
  }
  const [[place, value] = []] = Object.entries(
    isObject(layer.config.constants) ? layer.config.constants : {},
  );
  const constant = typeof value === 'number' ? { value, isFirst: place === '0' } : null;
  const operation = functions.get(OPERATIONS[op] ?? '');
  const call = { names: [], keywords: {}, constant };
  if (operation !== undefined) return operation({ ...layer, call }, inputs, context);
  const activation = op.toLowerCase();
  if (!ACTIVATIONS.includes(activation))
    throw new Unsupported(
      `the operation ${op.slice(0, 80)} of TensorFlow in place of a layer`,
      'the layer of Keras that does it, such as Add()',
    );
  const given = only(inputs);
  return context.writer.add('activation', { activation }, [given], {
    name: layer.name,
    channels: given.channels,
  });
};

/** `tf.math.multiply`, `tf.nn.relu6`, `tf.__operators__.add`: x * 2, tf.nn.relu6(x), x + 3. */
const tensorFlowFunction: Convert = (layer, inputs, context) => {
  const { config, name } = layer;
  const whole = typeof config.function === 'string' ? config.function : '';
  const last = whole.split('.').at(-1) ?? '';
  const operation = functions.get(last);
  if (operation !== undefined) return operation(layer, inputs, context);
  if (last === 'depth_to_space')
    return depthToSpace(layer, only(inputs), layer.call?.keywords.block_size, context);
  const options = Object.entries(layer.call?.keywords ?? {}).filter(
    ([key, value]) => key !== 'name' && value !== null,
  );
  if (!ACTIVATIONS.includes(last) || options.length > 0)
    throw new Unsupported(
      `a function of TensorFlow in place of a layer: ${whole.slice(0, 80)}`,
      'the layer of Keras that does it, such as Add()',
    );
  const x = only(inputs);
  return context.writer.add('activation', { activation: last }, [x], { name, channels: x.channels });
};

/** Sums over one axis of each: of sequences, the other one stays; of vectors, nothing. */
const dot: Convert = (layer, inputs, { writer }) => {
  const [a, b] = inputs;
  const { options, name } = layer;
  if (a === undefined || b === undefined || inputs.length > 2) throw new Misfit('it takes two tensors');
  if (options.bool('normalize', false))
    throw new Unsupported('vectors that are normalized before', 'Dot(normalize=False)');
  const rank = rankOf(a);
  if (rank !== rankOf(b) || rank > 2)
    throw new Unsupported('tensors of other axes', 'two vectors, or two sequences');
  const [left = 1, right = left] = [layer.config.axes ?? -1]
    .flat()
    .map((axis) => (Number(axis) < 0 ? Number(axis) + rank + 1 : Number(axis)));
  if (rank === 1) return writer.add('dot', {}, [a, b], { name });
  const turned = (x: Value, what: string) =>
    writer.add('permute', { dims: [2, 1] }, [x], { name: `${name}_${what}` });
  return writer.add('dot', {}, [left === 2 ? a : turned(a, 'first'), right === 1 ? b : turned(b, 'second')], {
    name,
  });
};

/** softmax(q kᵀ) v without kernels. */
const attention: Convert = (layer, inputs, { writer, warnings }) => {
  const { options, name, call } = layer;
  const [query, value, key = value] = inputs;
  if (query === undefined || value === undefined || key === undefined)
    throw new Misfit('it takes a query and a value');
  if (
    options.string('score_mode', 'dot') !== 'dot' ||
    options.bool('causal', false) ||
    call?.keywords.use_causal_mask === true
  )
    throw new Unsupported(
      'attention with a mask, or with another score',
      'MultiHeadAttention(use_causal_mask=True)',
    );
  if (call?.names.some((one) => one?.includes('mask')))
    throw new Unsupported('attention with a mask', 'without one');
  const scale = options.bool('use_scale', false) ? (weightsOf(layer, 1)?.[0]?.data[0] ?? 1) : 1;
  if (options.bool('use_scale', false))
    warnings.add(`the scale of the scores of "${name}" is not trained here`);
  if (options.number('dropout', 0) > 0)
    warnings.add(`dropout of "${name}" is left out: attention here drops no weights`);
  const add = (type: string, given: Record<string, unknown>, xs: readonly Value[], what: string) =>
    writer.add(type, given, xs, { name: `${name}_${what}` });
  const turned = add('permute', { dims: [2, 1] }, [key], 'key');
  const scores = add('dot', {}, [query, turned], 'scores');
  const scaled = scale === 1 ? scores : add('rescaling', { scale }, [scores], 'scaled');
  const weights = add('activation', { activation: 'softmax' }, [scaled], 'weights');
  return writer.add('dot', {}, [weights, value], { name });
};

const concatenate: Convert = (layer, inputs, context) => {
  const all = together(inputs, layer, context);
  const [first] = all;
  if (first === undefined) throw new Misfit('it is called on nothing');
  const rank = rankOf(first);
  const given = layer.options.has('axis') ? layer.options.int('axis') : -1;
  const axis = given < 0 ? given + rank : given - 1;
  if (axis < 0 || axis >= rank) throw new Unsupported(`axis ${given} is that of the batch, or none`);
  // Where [height, width, channels] is [channels, height, width].
  // What stands before height, width and channels stays there.
  const lead = first.shape.length - 3;
  const here = first.channels === 'last' && axis >= lead ? lead + ((axis - lead + 1) % 3) : axis;
  const usual = rank >= 3 ? rank - 3 : rank - 1;
  return context.writer.add('concatenate', here === usual ? {} : { axis: here }, all, {
    name: layer.name,
    channels: first.channels,
  });
};

const embedding: Convert = (layer, inputs, context) => {
  const x = only(inputs);
  const { options, name } = layer;
  context.writer.takesTokens(x);
  const given = weightsOf(layer, 1);
  const uniform = (value: unknown) => JSON.stringify(value) === '{"type":"uniform","min":-0.05,"max":0.05}';
  const initializer = withInitializer(layer, 'embeddings_initializer', 'table_initializer', 'none');
  return context.writer.add(
    'embedding',
    {
      vocabulary: options.int('input_dim'),
      dimensions: options.int('output_dim'),
      ...(uniform(initializer.table_initializer) ? {} : initializer),
      ...(options.bool('mask_zero', false) ? { mask_zero: true } : {}),
    },
    [x],
    { name, weights: given === null ? null : { table: given[0] as NamedTensor } },
  );
};

const masking: Convert = (layer, inputs, { writer }) =>
  writer.add('masking', { value: layer.options.number('mask_value', 0) }, [only(inputs)], {
    name: layer.name,
  });

const notHere =
  (message: string, alternative: string | null): Convert =>
  () => {
    throw new Unsupported(message, alternative);
  };

const code = notHere(
  'it is Python code, which is never run',
  'a layer of this service, or an activation { "expression": "x * sigmoid(x)" }',
);

export const merges: Readonly<Record<string, Convert>> = {
  Add: merge('add'),
  Subtract: merge('subtract'),
  Multiply: merge('multiply'),
  Average: merge('average'),
  Maximum: merge('maximum'),
  Minimum: minimum,
  Dot: dot,
  Concatenate: concatenate,
  Embedding: embedding,
  Masking: masking,
  Lambda: code,
  Divide: divide,
  TrueDivide: divide,
  TFOpLambda: tensorFlowFunction,
  TensorFlowOpLayer: tensorFlowNode,
  SlicingOpLambda: notHere('a slice of a tensor', null),
  Conv3DTranspose: notHere('a transposed convolution over volumes', 'conv2d_transpose in time_distributed'),
  UpSampling3D: notHere('volumes made larger', 'up_sampling2d in time_distributed'),
  ZeroPadding3D: notHere('zeros around volumes', 'the padding of conv3d'),
  ConvLSTM2D: notHere('a recurrent layer over images', 'conv2d, then lstm'),
  LocallyConnected1D: notHere('a kernel for every position', 'conv1d'),
  LocallyConnected2D: notHere('a kernel for every position', 'conv2d'),
  GaussianDropout: notHere('multiplicative Gaussian noise', 'dropout, or gaussian_noise'),
  AlphaDropout: notHere('dropout that keeps the mean and variance of selu', 'dropout'),
  UnitNormalization: notHere('vectors of length 1', 'rms_norm'),
  TextVectorization: notHere('it reads text', 'tokens made before, as whole numbers'),
  StringLookup: notHere('it reads text', 'tokens made before, as whole numbers'),
  Attention: attention,
  AdditiveAttention: notHere('additive attention', 'self_attention'),
  RNN: notHere('a cell of its own', 'lstm, gru or simple_rnn'),
};
