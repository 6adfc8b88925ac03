/** @file Layers as Keras 1 wrote them → as Keras 2 names the same: "nb_filter" became "filters", "p" became "rate". */
import { isObject, type Json } from './config.ts';

type Renamed = string | ((value: unknown, config: Json) => Json);

const ORDERS: Readonly<Record<string, string>> = { th: 'channels_first', tf: 'channels_last' };
const INITIALIZERS: Readonly<Record<string, string>> = {
  zero: 'zeros',
  one: 'ones',
  normal: 'random_normal',
  uniform: 'random_uniform',
};
const CLASSES: Readonly<Record<string, string>> = {
  Convolution1D: 'Conv1D',
  Convolution2D: 'Conv2D',
  AtrousConvolution1D: 'Conv1D',
  AtrousConvolution2D: 'Conv2D',
  SeparableConvolution2D: 'SeparableConv2D',
  Deconvolution2D: 'Conv2DTranspose',
};
const MERGES: Readonly<Record<string, string>> = {
  sum: 'Add',
  mul: 'Multiply',
  concat: 'Concatenate',
  ave: 'Average',
  max: 'Maximum',
};

/** Names come from the file: "constructor" is in no table, but in every object. */
const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

const initializer =
  (key: string) =>
  (value: unknown): Json => ({ [key]: own(INITIALIZERS, String(value)) ?? value });

/** { "name": "WeightRegularizer", "l1": 0, "l2": 0.01 } */
const regularizer =
  (key: string) =>
  (value: unknown): Json => ({
    [key]: isObject(value) ? { class_name: 'L1L2', config: { l1: value.l1 ?? 0, l2: value.l2 ?? 0 } } : value,
  });

/** { "name": "MaxNorm", "m": 4, "axis": 0 } */
const constraint =
  (key: string) =>
  (value: unknown): Json => ({
    [key]:
      isObject(value) && typeof value.name === 'string' ? { class_name: value.name, config: value } : value,
  });

/** Options that Keras 2 has no more, of all layers. */
const RENAMED: Readonly<Record<string, Renamed>> = {
  nb_filter: 'filters',
  nb_row: (rows, { nb_col }) => ({ kernel_size: [rows, nb_col] }),
  nb_col: () => ({}),
  filter_length: 'kernel_size',
  subsample: 'strides',
  subsample_length: 'strides',
  atrous_rate: 'dilation_rate',
  border_mode: 'padding',
  dim_ordering: (order) => ({ data_format: own(ORDERS, String(order)) ?? order }),
  bias: 'use_bias',
  init: initializer('kernel_initializer'),
  inner_init: initializer('recurrent_initializer'),
  gamma_init: initializer('gamma_initializer'),
  beta_init: initializer('beta_initializer'),
  inner_activation: 'recurrent_activation',
  forget_bias_init: (value) => ({ unit_forget_bias: value === 'one' }),
  dropout_W: 'dropout',
  dropout_U: 'recurrent_dropout',
  p: 'rate',
  sigma: 'stddev',
  pool_length: 'pool_size',
  W_regularizer: regularizer('kernel_regularizer'),
  U_regularizer: regularizer('recurrent_regularizer'),
  b_regularizer: regularizer('bias_regularizer'),
  W_constraint: constraint('kernel_constraint'),
  U_constraint: constraint('recurrent_constraint'),
  b_constraint: constraint('bias_constraint'),
};

/** Options that Keras 2 kept, but of these layers under another name. */
const OF_CLASS: Readonly<Record<string, Readonly<Record<string, Renamed>>>> = {
  Dense: { output_dim: 'units' },
  LSTM: { output_dim: 'units' },
  GRU: { output_dim: 'units' },
  SimpleRNN: { output_dim: 'units' },
  Embedding: {
    init: initializer('embeddings_initializer'),
    W_regularizer: regularizer('embeddings_regularizer'),
  },
  PReLU: { init: initializer('alpha_initializer') },
  MaxPooling1D: { stride: 'strides' },
  AveragePooling1D: { stride: 'strides' },
  UpSampling1D: { length: 'size' },
};

interface Layer {
  readonly class: string;
  readonly config: Json;
}

const isMerge = (layer: Layer): boolean => layer.class === 'Merge' && typeof layer.config.mode === 'string';

export const isOfKeras1 = (layer: Layer): boolean =>
  isMerge(layer) ||
  Object.keys(layer.config).some(
    (key) => Object.hasOwn(RENAMED, key) || Object.hasOwn(own(OF_CLASS, layer.class) ?? {}, key),
  );

/** The layer in the words of Keras 2. */
export function asKeras2(layer: Layer): Layer {
  const { config } = layer;
  if (isMerge(layer)) {
    const { mode, concat_axis: axis, ...rest } = config;
    const name = own(MERGES, mode as string);
    return name === undefined
      ? layer
      : { class: name, config: name === 'Concatenate' ? { ...rest, axis: axis ?? -1 } : rest };
  }
  const words = { ...RENAMED, ...own(OF_CLASS, layer.class) };
  const renamed = Object.entries(config).map(([key, value]): Json => {
    const word = own(words, key);
    if (word === undefined) return { [key]: value };
    return typeof word === 'string' ? { [word]: value } : word(value, config);
  });
  return { class: own(CLASSES, layer.class) ?? layer.class, config: Object.assign({}, ...renamed) as Json };
}
