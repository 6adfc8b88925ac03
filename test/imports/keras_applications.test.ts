/** @file Models as keras.applications and the examples of keras.io build them, as both versions of Keras write them. */
import { expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/index.ts';
import { type ImportedModel, importModel } from '../../src/imports/index.ts';
import { buildNetwork, layerSchema, networkInputs, placeNetwork } from '../../src/network/index.ts';
import { type FunctionalInput, functional2, functional3, type Node } from './models.ts';
import { imported, predict } from './predict.ts';

const accept = async (model: unknown) =>
  imported(await importModel(new TextEncoder().encode(JSON.stringify(model))));

/** Of the output, without the batch. */
function shapeOf(network: ImportedModel['network']): number[] {
  const g = new GraphBuilder();
  const config = { ...network, layers: network.layers.map((one) => layerSchema.parse(one)) };
  const { layers, problems } = placeNetwork(config);
  expect(problems).toEqual([]);
  const inputs = networkInputs(config).map(
    ({ name, shape }) => [name, g.input(name, [2, ...shape])] as const,
  );
  return [...buildNetwork(g, layers, new Map(inputs), 'inference').output.shape.slice(1)];
}

/** Each node on the one before, where nothing else is said. */
function chain(start: string, ...nodes: (Omit<Node, 'inputs' | 'name'> & Partial<Node>)[]): Node[] {
  let before = start;
  return nodes.map((node, i) => {
    const made = { name: `${node.kind.toLowerCase()}_${i}`, inputs: [before], ...node } as Node;
    before = made.name;
    return made;
  });
}

const layer = (kind: string, options: Record<string, unknown> = {}, more: Partial<Node> = {}) => ({
  kind,
  options,
  ...more,
});
const image = { name: 'image', shape: [16, 16, 3] };
const conv = (filters: number, more: Record<string, unknown> = {}) =>
  layer('Conv2D', { filters, kernel_size: [3, 3], padding: 'same', strides: [1, 1], ...more });
const norm = () => layer('BatchNormalization', { axis: [3], momentum: 0.99, epsilon: 0.001 });
const dense = (units: number, activation = 'linear') => layer('Dense', { units, activation });
const pool = () => layer('GlobalAveragePooling2D', { data_format: 'channels_last', keepdims: false });

const bidirectional = (units: number, return_sequences: boolean) => {
  const lstm = {
    name: `lstm_${units}`,
    units,
    return_sequences,
    activation: 'tanh',
    recurrent_activation: 'sigmoid',
  };
  return layer('Bidirectional', { layer: { class_name: 'LSTM', config: lstm }, merge_mode: 'concat' });
};

const models: Record<string, [inputs: FunctionalInput[], nodes: Node[], output: number[]]> = {
  MobileNet: [
    [image],
    chain(
      'image',
      conv(8, { strides: [2, 2], use_bias: false }),
      norm(),
      layer('ReLU', { max_value: 6, negative_slope: 0, threshold: 0 }),
      layer('ZeroPadding2D', {
        padding: [
          [0, 1],
          [0, 1],
        ],
      }),
      layer('DepthwiseConv2D', {
        kernel_size: [3, 3],
        strides: [2, 2],
        padding: 'valid',
        depth_multiplier: 1,
        use_bias: false,
      }),
      norm(),
      layer('ReLU', { max_value: 6, negative_slope: 0, threshold: 0 }),
      layer('GlobalAveragePooling2D', { data_format: 'channels_last', keepdims: true }),
      layer('Dropout', { rate: 0.001, noise_shape: null }),
      conv(10, { kernel_size: [1, 1] }),
      layer('Reshape', { target_shape: [10] }),
      layer('Activation', { activation: 'softmax' }),
    ),
    [10],
  ],
  Xception: [
    [image],
    chain(
      'image',
      conv(4, { use_bias: false }),
      norm(),
      layer('Activation', { activation: 'relu' }, { name: 'entry' }),
      layer('SeparableConv2D', {
        filters: 8,
        kernel_size: [3, 3],
        padding: 'same',
        strides: [1, 1],
        depth_multiplier: 1,
        use_bias: false,
      }),
      norm(),
      layer('MaxPooling2D', { pool_size: [3, 3], strides: [2, 2], padding: 'same' }, { name: 'main' }),
      { ...conv(8, { kernel_size: [1, 1], strides: [2, 2] }), name: 'side', inputs: ['entry'] },
      layer('Add', {}, { inputs: ['main', 'side'] }),
      pool(),
      dense(10, 'softmax'),
    ),
    [10],
  ],
  EfficientNet: [
    [image],
    chain(
      'image',
      layer('Rescaling', { scale: 1 / 255, offset: 0 }),
      layer('Normalization', { axis: [3], invert: false, mean: null, variance: null }),
      layer('Rescaling', { scale: [2, 2.1, 2.2], offset: 0 }),
      conv(4, { use_bias: false }),
      norm(),
      layer('Activation', { activation: 'swish' }, { name: 'wide' }),
      pool(),
      layer('Reshape', { target_shape: [1, 1, 4] }),
      conv(2, { kernel_size: [1, 1], activation: 'swish' }),
      { ...conv(4, { kernel_size: [1, 1], activation: 'sigmoid' }), name: 'gate' },
      layer('Multiply', {}, { inputs: ['wide', 'gate'] }),
      layer('Dropout', { rate: 0.2, noise_shape: [null, 1, 1, 1] }, { name: 'dropped' }),
      layer('Add', {}, { inputs: ['dropped', 'wide'] }),
      pool(),
      dense(10, 'softmax'),
    ),
    [10],
  ],
  DenseNet: [
    [image],
    chain(
      'image',
      { ...conv(4), name: 'start' },
      norm(),
      layer('Activation', { activation: 'relu' }),
      { ...conv(3), name: 'grown' },
      layer('Concatenate', { axis: 3 }, { inputs: ['start', 'grown'] }),
      layer('AveragePooling2D', { pool_size: [2, 2], strides: [2, 2], padding: 'valid' }),
      pool(),
      dense(10, 'softmax'),
    ),
    [10],
  ],
  'text classification': [
    [{ name: 'tokens', shape: [20] }],
    chain(
      'tokens',
      layer('Embedding', { input_dim: 100, output_dim: 8, mask_zero: false }),
      layer('Dropout', { rate: 0.5 }),
      layer('Conv1D', { filters: 8, kernel_size: [7], strides: [3], padding: 'valid', activation: 'relu' }),
      layer('GlobalMaxPooling1D', {}),
      dense(1, 'sigmoid'),
    ),
    [1],
  ],
  autoencoder: [[{ name: 'flat', shape: [28] }], chain('flat', dense(8, 'relu'), dense(28, 'sigmoid')), [28]],
  'timeseries classification': [
    [{ name: 'series', shape: [24, 1] }],
    chain(
      'series',
      layer('Conv1D', { filters: 6, kernel_size: [3], padding: 'same' }),
      layer('BatchNormalization', { axis: [2] }),
      layer('ReLU', { max_value: null, negative_slope: 0, threshold: 0 }),
      layer('GlobalAveragePooling1D', {}),
      dense(2, 'softmax'),
    ),
    [2],
  ],
  'transformer block': [
    [{ name: 'series', shape: [12, 4] }],
    chain(
      'series',
      layer(
        'MultiHeadAttention',
        { num_heads: 2, key_dim: 2, value_dim: 2, dropout: 0.1 },
        { inputs: ['series', 'series'] },
      ),
      layer('Dropout', { rate: 0.1 }, { name: 'dropped' }),
      layer('Add', {}, { inputs: ['dropped', 'series'] }),
      layer('LayerNormalization', { axis: [-1], epsilon: 1e-6 }),
      layer('GlobalAveragePooling1D', { data_format: 'channels_last' }),
      dense(2, 'softmax'),
    ),
    [2],
  ],
  'bidirectional LSTM': [
    [{ name: 'tokens', shape: [20] }],
    chain(
      'tokens',
      layer('Embedding', { input_dim: 100, output_dim: 8, mask_zero: true }),
      bidirectional(4, true),
      bidirectional(3, false),
      dense(1, 'sigmoid'),
    ),
    [1],
  ],
  'U-Net': [
    [image],
    chain(
      'image',
      { ...conv(4, { activation: 'relu' }), name: 'wide' },
      layer('MaxPooling2D', { pool_size: [2, 2], strides: [2, 2], padding: 'valid' }),
      conv(8, { activation: 'relu' }),
      layer(
        'Conv2DTranspose',
        { filters: 4, kernel_size: [2, 2], strides: [2, 2], padding: 'same' },
        { name: 'up' },
      ),
      layer('Concatenate', { axis: -1 }, { inputs: ['up', 'wide'] }),
      conv(1, { kernel_size: [1, 1], activation: 'sigmoid' }),
    ),
    [1, 16, 16],
  ],
};

for (const [name, [inputs, nodes, output]] of Object.entries(models))
  test.each([
    ['2', functional2],
    ['3', functional3],
  ] as const)(`${name}, Keras %s`, async (_version, write) => {
    const { network } = await accept(write(inputs, nodes));
    expect(shapeOf(network)).toEqual(output);
  });

const kerasTensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 4], dtype: 'float32', keras_history: [name, 0, 0] },
});

/** relu6(x + 3)/6 · x and 1 − x, as code with operators is written. */
test('numbers in place of tensors, Keras 3', async () => {
  const model = functional3([{ name: 'x', shape: [4] }], []);
  const op = (kind: string, name: string, ...args: unknown[]) => ({
    module: kind === 'ReLU' ? 'keras.layers' : 'keras.src.ops.numpy',
    class_name: kind,
    config: { name, ...(kind === 'ReLU' ? { max_value: 6, negative_slope: 0, threshold: 0 } : {}) },
    registered_name: kind,
    name,
    inbound_nodes: [{ args, kwargs: {} }],
  });
  const x = kerasTensor('x');
  (model.config.layers as unknown[]).push(
    op('Add', 'a', x, 3),
    op('ReLU', 'b', kerasTensor('a')),
    op('TrueDivide', 'c', kerasTensor('b'), 6),
    op('Multiply', 'd', kerasTensor('c'), x),
    op('Subtract', 'e', 1, kerasTensor('d')),
  );
  await expectHardSwish({ ...model, config: { ...model.config, output_layers: ['e', 0, 0] } });
});

test('functions of TensorFlow, Keras 2', async () => {
  const model = functional2([{ name: 'x', shape: [4] }], []);
  const op = (name: string, of: string, node: unknown[]) => ({
    class_name: 'TFOpLambda',
    config: { name, trainable: true, dtype: 'float32', function: of },
    name,
    inbound_nodes: [node],
  });
  (model.config.layers as unknown[]).push(
    op('a', '__operators__.add', ['x', 0, 0, { y: 3, name: null }]),
    op('b', 'nn.relu6', ['a', 0, 0, { name: null }]),
    op('c', 'math.multiply', ['b', 0, 0, { y: 1 / 6, name: null }]),
    op('d', 'math.multiply', ['c', 0, 0, { y: ['x', 0, 0], name: null }]),
    op('e', 'math.subtract', ['_CONSTANT_VALUE', -1, 1, { y: ['d', 0, 0], name: null }]),
  );
  await expectHardSwish({ ...model, config: { ...model.config, output_layers: [['e', 0, 0]] } });
});

test('nodes of TensorFlow, Keras in TensorFlow 2.2', async () => {
  const model = functional2([{ name: 'x', shape: [4] }], []);
  const node = (name: string, op: string, inputs: unknown[], constants = {}, asText = false) => ({
    class_name: 'TensorFlowOpLayer',
    config: { name, node_def: asText ? JSON.stringify({ name, op, attr: {} }) : { name, op }, constants },
    name,
    inbound_nodes: [inputs.map((input) => [input, 0, 0, {}])],
  });
  (model.config.layers as unknown[]).push(
    node('a', 'AddV2', ['x'], { 1: 3 }),
    node('b', 'Relu6', ['a'], {}, true),
    node('c', 'Mul', ['b'], { 1: 1 / 6 }),
    node('d', 'Mul', ['c', 'x']),
    node('e', 'Sub', ['d'], { 0: 1 }),
  );
  await expectHardSwish({ ...model, config: { ...model.config, output_layers: [['e', 0, 0]] } });
});

test('blocks of channels become pixels in the order of TensorFlow: row, column, channel', async () => {
  const model = functional2([{ name: 'x', shape: [1, 2, 8] }], []);
  const attr = { block_size: { i: '2' } };
  (model.config.layers as unknown[]).push({
    class_name: 'TensorFlowOpLayer',
    config: { name: 'd', node_def: { name: 'd', op: 'DepthToSpace', attr }, constants: {} },
    name: 'd',
    inbound_nodes: [[['x', 0, 0, {}]]],
  });
  const accepted = await accept({ ...model, config: { ...model.config, output_layers: [['d', 0, 0]] } });
  // Number 100 row + 10 column + channel of what comes out.
  const inside = (column: number) =>
    [0, 1].flatMap((row) =>
      [0, 1].flatMap((own) => [0, 1].map((c) => 100 * row + 10 * (2 * column + own) + c)),
    );
  const pixels = [inside(0), inside(1)];
  const data = Array.from({ length: 8 }, (_, c) => pixels.map((pixel) => pixel[c] as number)).flat();
  const { data: given } = await predict(accepted, { shape: [1, 8, 1, 2], data });
  const wanted = [0, 1].flatMap((c) =>
    [0, 1].flatMap((row) => [0, 1, 2, 3].map((column) => 100 * row + 10 * column + c)),
  );
  given.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i] as number, 4);
  });
});

test('a model within the model may be counted from its second call, Keras 2', async () => {
  const inner = functional2(
    [{ name: 'inside', shape: [4] }],
    [
      {
        kind: 'Dense',
        name: 'a',
        inputs: ['inside'],
        options: { units: 3, activation: 'linear', use_bias: true },
      },
    ],
  );
  const model = functional2(
    [{ name: 'x', shape: [4] }],
    [
      { kind: 'Functional', name: 'base', inputs: ['x'], options: inner.config },
      {
        kind: 'Dense',
        name: 'b',
        inputs: ['base'],
        options: { units: 2, activation: 'linear', use_bias: true },
      },
    ],
  );
  const text = JSON.stringify(model).replace('["base",0,0', '["base",1,0');
  const { network } = await accept(JSON.parse(text));
  expect(network.layers.map(({ name }) => name)).toEqual(['base.a', 'b']);
});

async function expectHardSwish(model: unknown): Promise<void> {
  const data = [-4, -1.5, 0.25, 5];
  const given = await predict(await accept(model), { shape: [1, 4], data });
  const wanted = data.map((x) => 1 - (Math.min(6, Math.max(0, x + 3)) / 6) * x);
  given.data.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i] as number, 5);
  });
}
