/** @file Imported Keras models give the numbers that Keras gives: against NumPy, through real `.keras` archives. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src/imports/index.ts';
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
  ])('of %s gives the same numbers', async (name) => {
    const { shape, layers, input, output } = fixture(name);
    const model = imported(await importModel(await kerasArchive(sequential3(shape, layers), layers)));
    const isImage = shape.length === 3 && name !== 'channels_first';
    expectClose(await predict(model, isImage ? channelsFirst(input) : input), output);
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
});
