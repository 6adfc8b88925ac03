/** @file Writes `.keras` archives and whole-model HDF5 files as Keras lays them out. */
import { strToU8, zipSync } from 'fflate';
import { File, type Group, ready } from 'h5wasm';
import type { Layer } from './models.ts';

export interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export type WeightedLayer = Layer & { readonly weights: readonly Packed[] };

const PROJECTIONS = ['query', 'key', 'value', 'output'];

/** Where the weights of a layer are, within its group. */
function placesOf({ kind, weights }: WeightedLayer): string[] {
  const half = weights.length / 2;
  if (kind === 'Bidirectional')
    return weights.map((_, i) => `${i < half ? 'forward' : 'backward'}_layer/cell/vars/${i % half}`);
  if (kind === 'MultiHeadAttention')
    return weights.map((_, i) => `${PROJECTIONS[Math.floor(i / 2)]}_dense/vars/${i % 2}`);
  const within = { TimeDistributed: 'layer/', LSTM: 'cell/', GRU: 'cell/', SimpleRNN: 'cell/' }[kind] ?? '';
  return weights.map((_, i) => `${within}vars/${i}`);
}

const groupName = (kind: string): string =>
  kind
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

async function hdf5(write: (file: File) => void): Promise<Uint8Array> {
  const { FS } = await ready;
  const file = new File('written.h5', 'w');
  write(file);
  file.close();
  const bytes = new Uint8Array(FS.readFile('written.h5') as Uint8Array);
  FS.unlink('written.h5');
  return bytes;
}

function createGroups(file: File, path: string): void {
  const parts = path.split('/');
  for (let i = 1; i < parts.length; i++) {
    const group = parts.slice(0, i).join('/');
    if (file.get(group) === null) file.create_group(group);
  }
}

function writeArray(file: File, path: string, { shape, data }: Packed): void {
  createGroups(file, path);
  file.create_dataset({ name: path, data: Float32Array.from(data), shape: [...shape], dtype: '<f4' });
}

function writeCount(file: File, path: string): void {
  createGroups(file, path);
  file.create_dataset({ name: path, data: BigInt64Array.from([6170n]), shape: [], dtype: '<q' });
}

interface ArchiveOptions {
  /** Keras before 3.0 joins groups as paths of the system: by "\\" on Windows. */
  readonly separator?: '/' | '\\';
}

/** Layers are grouped by class and counted. */
export async function kerasArchive(
  model: object,
  layers: readonly WeightedLayer[],
  { separator = '/' }: ArchiveOptions = {},
): Promise<Uint8Array> {
  const counts = new Map<string, number>();
  const weights = await hdf5((file) => {
    for (const layer of layers) {
      const name = groupName(layer.kind);
      const count = counts.get(name) ?? 0;
      counts.set(name, count + 1);
      const group = `layers/${count === 0 ? name : `${name}_${count}`}`;
      const pathOf = (place: string) => `${group}/${place}`.replace(/\/(?!vars|\d+$)/g, () => separator);
      for (const [i, place] of placesOf(layer).entries())
        writeArray(file, pathOf(place), layer.weights[i] as Packed);
      if (layer.kind === 'Normalization') writeCount(file, pathOf(`vars/${layer.weights.length}`));
    }
  });
  return zipSync({
    'metadata.json': strToU8(JSON.stringify({ keras_version: '3.5.0', date_saved: '2026-01-01@00:00:00' })),
    'config.json': strToU8(JSON.stringify(model)),
    'model.weights.h5': weights,
  });
}

/** `model.save("model.h5")`: layers by name, weights by name. */
export const kerasHdf5 = (
  model: object,
  layers: readonly WeightedLayer[],
  training: object | null = null,
): Promise<Uint8Array> =>
  hdf5((file) => {
    file.create_attribute('keras_version', '2.11.0');
    file.create_attribute('backend', 'tensorflow');
    file.create_attribute('model_config', JSON.stringify(model));
    if (training !== null) file.create_attribute('training_config', JSON.stringify(training));
    file.create_group('model_weights');
    for (const { name, weights } of layers) {
      const names = weights.map((_, i) => `${name}/weight_${i}:0`);
      weights.forEach((weight, i) => {
        writeArray(file, `model_weights/${name}/${names[i]}`, weight);
      });
      if (weights.length === 0) file.create_group(`model_weights/${name}`);
      else (file.get(`model_weights/${name}`) as Group).create_attribute('weight_names', names);
    }
  });
