/** @file Imported Keras models give the numbers that Keras gives: against NumPy, through real `.keras` archives. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src/imports/index.ts';
import { present } from '../../src/util/assert.ts';
import { kerasArchive, kerasHdf5, type Packed } from './archives.ts';
import { functional2, functional3, type Layer, type Node, sequential3 } from './models.ts';
import { expectClose, imported, predict } from './predict.ts';

interface Fixture {
  readonly shape: readonly number[];
  readonly layers: readonly (Layer & { weights: readonly Packed[] })[];
  readonly input: Packed;
  readonly output: Packed;
}

const fixture = (name: string): Fixture =>
  JSON.parse(readFileSync(new URL(`fixtures/keras_${name}.json`, import.meta.url), 'utf8'));

/** [samples, height, width, channels] → [samples, channels, height, width] */
function channelsFirst({ shape, data }: Packed): Packed {
  const [n = 1, h = 1, w = 1, c = 1] = shape;
  const at = (i: number) => {
    const [sample, channel] = [Math.floor(i / (c * h * w)), Math.floor(i / (h * w)) % c];
    return data[(sample * h * w + (i % (h * w))) * c + channel] as number;
  };
  return { shape: [n, c, h, w], data: data.map((_, i) => at(i)) };
}

describe('a .keras archive', () => {
  test.each([
    'dense',
    'convolutions',
    'images',
    'pooled',
    'channels_first',
    'conv1d',
    'recurrent',
    'gru_reset_after',
    'bidirectional',
    'volumes',
  ])('of %s gives the same numbers', async (name) => {
    const { shape, layers, input, output } = fixture(name);
    const model = imported(await importModel(await kerasArchive(sequential3(shape, layers), layers)));
    const isImage = shape.length === 3 && name !== 'channels_first';
    expectClose(await predict(model, isImage ? channelsFirst(input) : input), output);
  });
});

describe('a .keras archive as other versions write it', () => {
  test.each(['dense', 'recurrent', 'bidirectional'])(
    'of %s, with the paths of Windows, gives the same numbers',
    async (name) => {
      const { shape, layers, input, output } = fixture(name);
      const archive = await kerasArchive(sequential3(shape, layers), layers, { separator: '\\' });
      expectClose(await predict(imported(await importModel(archive)), input), output);
    },
  );

  test('with the count of a Normalization, which is no weight, gives the same numbers', async () => {
    const layers = [
      {
        kind: 'Normalization',
        name: 'normalization',
        config: { axis: [-1], mean: null, variance: null },
        weights: [
          { shape: [2], data: [1, -2] },
          { shape: [2], data: [4, 0.25] },
        ],
      },
    ];
    const model = imported(await importModel(await kerasArchive(sequential3([2], layers), layers)));
    const output = await predict(model, { shape: [1, 2], data: [3, -1] });
    expectClose(output, { shape: [1, 2], data: [1, 2] });
  });
});

interface GraphFixture {
  readonly inputs: readonly ({ readonly name: string } & Packed)[];
  readonly layers: readonly (Node & { weights: readonly Packed[] })[];
  readonly output: Packed;
}

describe('a Functional model', () => {
  const { inputs, layers, output } = fixture('functional') as unknown as GraphFixture;
  const named = inputs.map(({ name, shape }) => ({ name, shape: shape.slice(1) }));

  test.each([
    ['a .keras archive of Keras 3', () => kerasArchive(functional3(named, layers), layers)],
    ['an HDF5 file of Keras 2', () => kerasHdf5(functional2(named, layers), layers)],
  ])('in %s gives the same numbers', async (_what, write) => {
    const { network, ...model } = imported(await importModel(await write()));
    expect(Object.keys(network.inputs ?? {})).toEqual(['meta', 'image']);
    expectClose(
      await predict({ network, ...model }, inputs[0] as Packed, channelsFirst(inputs[1] as Packed)),
      output,
    );
  });
});

describe('attention with heads', () => {
  const { inputs, layers, output } = fixture('attention') as unknown as GraphFixture;
  const named = inputs.map(({ name, shape }) => ({ name, shape: shape.slice(1) }));

  test.each([
    ['by place, in a .keras archive of Keras 3', () => kerasArchive(functional3(named, layers), layers)],
    ['by keyword, in an HDF5 file of Keras 2', () => kerasHdf5(functional2(named, layers), layers)],
  ])('%s, gives the same numbers', async (_what, write) => {
    const model = imported(await importModel(await write()));
    expect(model.network.layers.slice(0, 3)).toMatchObject([
      { type: 'self_attention', heads: 3, causal: true, inputs: ['words'] },
      { type: 'multi_head_attention', heads: 2, inputs: ['itself', 'memory'] },
      { type: 'multi_head_attention', heads: 2, inputs: ['other', 'memory', 'marks'] },
    ]);
    expectClose(await predict(model, ...inputs), output);
  });

  test('of sizes that are not their share of the features, gives the same numbers', async () => {
    const wide = fixture('attention_wide') as unknown as GraphFixture;
    const archive = await kerasArchive(functional3(named, wide.layers), wide.layers);
    const model = imported(await importModel(archive));
    expect(model.network.layers.slice(0, 2)).toMatchObject([
      { type: 'self_attention', heads: 2, key_dim: 6, causal: true },
      { type: 'multi_head_attention', heads: 2, key_dim: 2 },
    ]);
    expectClose(await predict(model, ...wide.inputs), wide.output);
  });
});

test('attention whose heads share keys and values gives the same numbers', async () => {
  const { inputs, layers, output } = fixture('attention_shared') as unknown as GraphFixture;
  const named = inputs.map(({ name, shape }) => ({ name, shape: shape.slice(1) }));
  const model = imported(await importModel(await kerasArchive(functional3(named, layers), layers)));
  expect(model.network.layers.slice(0, 2)).toMatchObject([
    { type: 'self_attention', heads: 6, key_value_heads: 2, key_dim: 2, causal: true },
    { type: 'multi_head_attention', heads: 2, key_value_heads: 1 },
  ]);
  expectClose(await predict(model, ...inputs), output);
});

describe('both directions of recurrent layers: their states, given and taken, options of their own, outputs apart', () => {
  const { inputs, layers, output } = fixture('directions') as unknown as GraphFixture;
  const named = inputs.map(({ name, shape }) => ({ name, shape: shape.slice(1) }));

  test.each([
    ['a .keras archive of Keras 3', () => kerasArchive(functional3(named, layers), layers)],
    ['an HDF5 file of Keras 2', () => kerasHdf5(functional2(named, layers), layers)],
  ])('in %s, give the same numbers', async (_what, write) => {
    const model = imported(await importModel(await write()));
    expectClose(await predict(model, ...inputs), output);
  });
});

describe('an encoder whose states a decoder begins with', () => {
  const { inputs, layers, output } = fixture('encoder_decoder') as unknown as GraphFixture;
  const named = inputs.map(({ name, shape }) => ({ name, shape: [null, ...shape.slice(2)] }));
  const lengths = inputs.map(({ name, shape }) => ({ name, shape: shape.slice(1) }));

  test.each([
    ['a .keras archive of Keras 3', () => kerasArchive(functional3(lengths, layers), layers)],
    ['an HDF5 file of Keras 2', () => kerasHdf5(functional2(lengths, layers), layers)],
  ])('in %s, gives the same numbers', async (_what, write) => {
    const model = imported(await importModel(await write()));
    expectClose(await predict(model, ...inputs), output);
  });

  test('of any length, as most are written, is two layers', async () => {
    const [encoder, decoder] = [present(layers[0]), present(layers[1])];
    const text = JSON.stringify(
      functional3(named, [{ ...encoder, options: { ...encoder.options, return_sequences: false } }, decoder]),
    );
    const { network } = imported(await importModel(new TextEncoder().encode(text), 7));
    expect(network.layers).toMatchObject([
      { type: 'lstm', name: 'encoder', return_cell: true },
      { type: 'lstm', name: 'decoder', inputs: ['target', 'encoder'], return_sequences: true },
    ]);
  });
});

/** Without weights: two inputs, and one layer on them. */
async function apart(
  kind: string,
  options: Record<string, unknown>,
  ...inputs: readonly Packed[]
): Promise<number[]> {
  const named = inputs.map(({ shape }, i) => ({ name: `x${i}`, shape: shape.slice(1) }));
  const node = { kind, name: 'it', options, inputs: named.map(({ name }) => name) };
  const text = JSON.stringify(functional3(named, [node]));
  const { data } = await predict(imported(await importModel(new TextEncoder().encode(text))), ...inputs);
  return data.map((x) => Number(x.toFixed(5)));
}

const a = { shape: [1, 2, 2], data: [1, 2, 3, 4] };
const b = { shape: [1, 2, 2], data: [5, 6, 7, 0] };

describe('layers without weights', () => {
  test.each<[string, string, Record<string, unknown>, Packed[], number[]]>([
    ['a product over features', 'Dot', { axes: 2 }, [a, b], [17, 7, 39, 21]],
    ['a product over time', 'Dot', { axes: [1, 1] }, [a, b], [26, 6, 38, 12]],
    [
      'a product of vectors',
      'Dot',
      { axes: -1 },
      [
        { shape: [1, 3], data: [1, 2, 3] },
        { shape: [1, 3], data: [4, 5, 6] },
      ],
      [32],
    ],
    ['the smallest', 'Minimum', {}, [a, b], [1, 2, 3, 0]],
    ['a cropped sequence', 'Cropping1D', { cropping: [1, 0] }, [a], [3, 4]],
    // softmax of [17, 7] and [39, 21]: all but the first weight vanish.
    ['attention', 'Attention', { use_scale: false, score_mode: 'dot' }, [a, b], [5.00009, 5.99973, 5, 6]],
  ])('%s gives the same numbers', async (_what, kind, options, inputs, wanted) => {
    expect(await apart(kind, options, ...inputs)).toEqual(wanted);
  });

  test('a cropped image has its inner pixels', async () => {
    const image = { shape: [1, 3, 4, 1], data: Array.from({ length: 12 }, (_, i) => i) };
    const named = [{ name: 'x', shape: [3, 4, 1] }];
    const node = {
      kind: 'Cropping2D',
      name: 'it',
      options: {
        cropping: [
          [1, 0],
          [1, 2],
        ],
      },
      inputs: ['x'],
    };
    const text = JSON.stringify(functional3(named, [node]));
    const model = imported(await importModel(new TextEncoder().encode(text)));
    expect((await predict(model, channelsFirst(image))).data).toEqual([5, 9]);
  });
});

test('a tower that is called on two inputs gives the numbers of both calls', async () => {
  const kernel = { shape: [2, 2], data: [1, 2, 3, 4] };
  const bias = { shape: [2], data: [0.5, -1] };
  const layers = [
    { kind: 'Dense', name: 'tower', options: { units: 2 }, inputs: ['left'], weights: [kernel, bias] },
    { kind: 'Subtract', name: 'distance', inputs: ['tower', 'tower'], weights: [] },
  ];
  const named = ['left', 'right'].map((name) => ({ name, shape: [2] }));
  const model = functional3(named, layers);
  const tensor = (name: string, node: number) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, 2], dtype: 'float32', keras_history: [name, node, 0] },
  });
  const [tower, distance] = model.config.layers.slice(2) as { inbound_nodes: unknown[] }[];
  tower?.inbound_nodes.push({ args: [tensor('right', 0)], kwargs: {} });
  if (distance) distance.inbound_nodes = [{ args: [[tensor('tower', 0), tensor('tower', 1)]], kwargs: {} }];
  const read = imported(await importModel(await kerasArchive(model, layers)));
  const [left, right] = [
    { shape: [1, 2], data: [1, 0] },
    { shape: [1, 2], data: [0, 1] },
  ];
  expect((await predict(read, left, right)).data).toEqual([-2, -2]);
});
