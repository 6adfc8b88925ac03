/** @file `.keras` archives and whole models in HDF5: config, compile config and weights. */
import { unzipSync } from 'fflate';
import type { NamedTensor } from '../../util/safetensors.ts';
import { parseJson } from '../bytes.ts';
import { type ImportResult, ModelUnreadable } from '../model.ts';
import { isObject } from './config.ts';
import { convertKeras } from './convert.ts';
import { type Hdf5File, withHdf5 } from './hdf5.ts';
import { findModel } from './json.ts';
import type { Weights } from './model.ts';

const MAX_UNPACKED_BYTES = 2 ** 30;

const [CONFIG, METADATA, WEIGHTS] = ['config.json', 'metadata.json', 'model.weights.h5'];

/** @throws ModelUnreadable */
function unpack(bytes: Uint8Array): Record<string, Uint8Array> {
  let unpacked = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (name !== CONFIG && name !== METADATA && name !== WEIGHTS) return false;
        unpacked += originalSize;
        if (unpacked > MAX_UNPACKED_BYTES)
          throw new ModelUnreadable(`the archive unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
        return true;
      },
    });
  } catch (error) {
    if (error instanceof ModelUnreadable) throw error;
    throw new ModelUnreadable(
      `the zip archive cannot be read: ${error instanceof Error ? error.message : 'broken'}`,
    );
  }
}

/** keras/src/utils/naming.py, to_snake_case: how groups of the weights are called. */
const snakeCase = (name: string): string =>
  name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** Where the layers of a model are, by version. */
const CONTAINERS = ['layers', '_layer_checkpoint_dependencies', '_functional/layers', '_layers'];

/** Parts of a layer that have weights of their own, in the order of Keras' `weights`. */
const PARTS = [
  'cell',
  'forward_layer',
  'backward_layer',
  'layer',
  'query_dense',
  'key_dense',
  'value_dense',
  'output_dense',
];

const join = (...parts: string[]): string => parts.filter((part) => part !== '').join('/');

/** Groups by their paths. Keras on Windows joins names by backslashes: "layers\\lstm\\cell" is one group of the root. */
class Groups {
  readonly #file: Hdf5File;
  /** What they are called in the file. */
  readonly #names: ReadonlyMap<string, string>;

  constructor(file: Hdf5File) {
    this.#file = file;
    const joined = (file.keys('/') ?? []).filter((name) => name.includes('\\'));
    this.#names = new Map(joined.map((name) => [name.replaceAll('\\', '/'), name]));
  }

  keys(path: string): string[] | null {
    const prefix = `${path}/`;
    const joined = [...this.#names.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length).split('/')[0] as string);
    const own = this.#file.keys(this.#names.get(path) ?? path);
    return own === null && joined.length === 0 ? null : [...new Set([...(own ?? []), ...joined])];
  }

  /** The arrays of a group, in the order of their numbers. */
  arrays(path: string): NamedTensor[] {
    const group = join(this.#names.get(path) ?? path, 'vars');
    const names = (this.#file.keys(group) ?? []).toSorted((a, b) => Number(a) - Number(b));
    return names.flatMap((name) => this.#file.tensor(join(group, name)) ?? []);
  }
}

function variables(file: Groups, path: string): NamedTensor[] {
  const own = file.arrays(path);
  const children = file.keys(path) ?? [];
  // In attention of Keras 2, and of the first Keras 3, they are private.
  const parts = PARTS.flatMap((part) => [part, `_${part}`].find((name) => children.includes(name)) ?? []);
  return [...own, ...parts.flatMap((part) => variables(file, join(path, part)))];
}

/** Groups are called by class, and counted in the order of the model's layers. */
class ArchiveWeights implements Weights {
  readonly #file: Groups;
  readonly #container: string;
  readonly #counts = new Map<string, number>();
  readonly #groups = new Map<number, string>();

  constructor(file: Groups, model: string) {
    this.#file = file;
    const container = CONTAINERS.find((name) => file.keys(join(model, name)) !== null);
    this.#container = join(model, container ?? 'layers');
  }

  #group({ class: kind, index }: Parameters<Weights['of']>[0]): string {
    const known = this.#groups.get(index);
    if (known !== undefined) return known;
    const name = snakeCase(kind);
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    const group = join(this.#container, count === 0 ? name : `${name}_${count}`);
    this.#groups.set(index, group);
    return group;
  }

  of(layer: Parameters<Weights['of']>[0]): readonly NamedTensor[] | null {
    return variables(this.#file, this.#group(layer));
  }

  within(layer: Parameters<Weights['of']>[0]): Weights | null {
    return new ArchiveWeights(this.#file, this.#group(layer));
  }
}

/** @throws ModelUnreadable */
export async function importArchive(bytes: Uint8Array, openSize: number | null): Promise<ImportResult> {
  const {
    [CONFIG as string]: config,
    [METADATA as string]: metadata,
    [WEIGHTS as string]: weights,
  } = unpack(bytes);
  if (config === undefined)
    throw new ModelUnreadable('the zip archive has no config.json: it is no .keras archive');
  const found = findModel(parseJson(config));
  const about = metadata === undefined ? null : parseJson(metadata);
  const told = isObject(about) && typeof about.keras_version === 'string' ? about.keras_version : '3';
  const version = told.startsWith('2') ? 2 : 3;
  const file = { ...found, version, format: 'keras_archive', warnings: [], openSize } as const;
  if (weights === undefined)
    return convertKeras({
      ...file,
      weights: null,
      warnings: ['the archive has no weights: it starts from new ones'],
    });
  return withHdf5(weights, (hdf5) =>
    convertKeras({ ...file, weights: new ArchiveWeights(new Groups(hdf5), '') }),
  );
}

/** By the layers' names: `model_weights/<layer>`, whose `weight_names` are in order. */
class LegacyWeights implements Weights {
  readonly #file: Hdf5File;
  /** The layer of the whole model that these are in. */
  readonly #outer: string | null;

  constructor(file: Hdf5File, outer: string | null) {
    this.#file = file;
    this.#outer = outer;
  }

  of({ name }: Parameters<Weights['of']>[0]): readonly NamedTensor[] | null {
    const group = join('model_weights', this.#outer ?? name);
    const names = this.#file.texts(group, 'weight_names') ?? [];
    const own = this.#outer === null ? names : names.filter((weight) => weight.split('/').includes(name));
    return own.flatMap((weight) => this.#file.tensor(join(group, weight)) ?? []);
  }

  within({ name }: Parameters<Weights['of']>[0]): Weights | null {
    return new LegacyWeights(this.#file, this.#outer ?? name);
  }
}

/** `model.save("model.h5")` of Keras 2. @throws ModelUnreadable */
export const importHdf5 = (bytes: Uint8Array, openSize: number | null): Promise<ImportResult> =>
  withHdf5(bytes, (file) => {
    const config = file.text('', 'model_config');
    if (config === null)
      throw new ModelUnreadable(
        'the HDF5 file has weights only; save the whole model: model.save("model.keras")',
      );
    const training = file.text('', 'training_config');
    const found = findModel({
      model_config: parseJson(Buffer.from(config)),
      ...(training !== null && { training_config: parseJson(Buffer.from(training)) }),
      ...{ keras_version: file.text('', 'keras_version') ?? '2' },
    });
    return convertKeras({
      ...found,
      pointer: '',
      format: 'keras_hdf5',
      weights: new LegacyWeights(file, null),
      warnings: [],
      openSize,
    });
  });
