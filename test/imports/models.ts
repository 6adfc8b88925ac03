/** @file Keras models as `to_json()` of Keras 2 and of Keras 3 writes them. */

export interface Layer {
  readonly kind: string;
  readonly name: string;
  readonly options?: Record<string, unknown>;
}

const two = ({ kind, name, options = {} }: Layer) => ({
  class_name: kind,
  config: { name, trainable: true, dtype: 'float32', ...options },
});

const three = ({ kind, name, options = {} }: Layer) => ({
  module: 'keras.layers',
  class_name: kind,
  config: {
    name,
    trainable: true,
    dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null },
    ...options,
  },
  registered_name: null,
});

/** Keras 2.3 to 2.15. */
export const sequential2 = (shape: readonly (number | null)[], layers: readonly Layer[]) => ({
  class_name: 'Sequential',
  config: {
    name: 'sequential',
    layers: [
      {
        class_name: 'InputLayer',
        config: {
          batch_input_shape: [null, ...shape],
          dtype: 'float32',
          sparse: false,
          ragged: false,
          name: 'input_1',
        },
      },
      ...layers.map(two),
    ],
  },
  keras_version: '2.11.0',
  backend: 'tensorflow',
});

export const sequential3 = (
  shape: readonly (number | null)[],
  layers: readonly Layer[],
  compiled: unknown = null,
) => ({
  module: 'keras',
  class_name: 'Sequential',
  config: {
    name: 'sequential',
    trainable: true,
    dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null },
    layers: [
      {
        module: 'keras.layers',
        class_name: 'InputLayer',
        config: { batch_shape: [null, ...shape], dtype: 'float32', sparse: false, name: 'input_layer' },
        registered_name: null,
      },
      ...layers.map(three),
    ],
    build_input_shape: [null, ...shape],
  },
  registered_name: null,
  build_config: { input_shape: [null, ...shape] },
  ...(compiled === null ? {} : { compile_config: compiled }),
});

export type Node = Layer & {
  readonly inputs: readonly string[];
  readonly keywords?: Readonly<Record<string, unknown>>;
};

export interface FunctionalInput {
  readonly name: string;
  /** Without the batch. */
  readonly shape: readonly (number | null)[];
}

const pairs = (inputs: readonly string[]) => inputs.map((name) => [name, 0, 0]);

/** "encoder:1" is the second output of the layer. */
function historyOf(input: string): [name: string, node: number, index: number] {
  const [name = '', index = '0'] = input.split(':');
  return [name, 0, Number(index)];
}

/** Keras 2 takes one argument by its place, and attention several. */
function calledBy2({ kind, inputs, keywords = {} }: Node): unknown {
  if (kind !== 'MultiHeadAttention') return inputs.map((name) => [...historyOf(name), keywords]);
  const [query, value, key] = inputs.map((name) => [name, 0, 0]);
  return [[...(query ?? []), { ...keywords, ...(key && { key }), value }]];
}

export const functional2 = (inputs: readonly FunctionalInput[], nodes: readonly Node[]) => ({
  class_name: 'Functional',
  config: {
    name: 'model',
    layers: [
      ...inputs.map(({ name, shape }) => ({
        class_name: 'InputLayer',
        config: { batch_input_shape: [null, ...shape], dtype: 'float32', name },
        name,
        inbound_nodes: [],
      })),
      ...nodes.map((node) => ({
        ...two(node),
        name: node.name,
        inbound_nodes: [calledBy2(node)],
      })),
    ],
    input_layers: pairs(inputs.map(({ name }) => name)),
    output_layers: pairs([nodes.at(-1)?.name ?? '']),
  },
  keras_version: '2.11.0',
  backend: 'tensorflow',
});

const tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 1], dtype: 'float32', keras_history: historyOf(name) },
});

/** One input stands alone, several in a list. */
const oneOrAll = <T>(items: readonly T[]) => (items.length === 1 ? items[0] : items);

const isRecurrent = ({ kind }: Node): boolean => ['LSTM', 'GRU', 'Bidirectional'].includes(kind);

/** Most layers take a list, attention takes one after the other, recurrent layers their states by keyword. */
function argumentsOf(node: Node) {
  const tensors = node.inputs.map(tensor);
  if (isRecurrent(node)) return tensors.slice(0, 1);
  return node.kind === 'MultiHeadAttention' ? tensors : [oneOrAll(tensors)];
}

const statesOf = (node: Node) =>
  isRecurrent(node) && node.inputs.length > 1 ? { initial_state: node.inputs.slice(1).map(tensor) } : {};

export const functional3 = (inputs: readonly FunctionalInput[], nodes: readonly Node[]) => ({
  module: 'keras.src.models.functional',
  class_name: 'Functional',
  config: {
    name: 'functional',
    trainable: true,
    layers: [
      ...inputs.map(({ name, shape }) => ({
        module: 'keras.layers',
        class_name: 'InputLayer',
        config: { batch_shape: [null, ...shape], dtype: 'float32', sparse: false, name },
        registered_name: null,
        name,
        inbound_nodes: [],
      })),
      ...nodes.map((node) => ({
        ...three(node),
        name: node.name,
        inbound_nodes: [{ args: argumentsOf(node), kwargs: { ...node.keywords, ...statesOf(node) } }],
      })),
    ],
    input_layers: oneOrAll(pairs(inputs.map(({ name }) => name))),
    output_layers: oneOrAll(pairs([nodes.at(-1)?.name ?? ''])),
  },
  registered_name: 'Functional',
});
