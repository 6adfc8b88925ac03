/** @file Activations and initializers of Keras in the words of this service. */
import { activationKind } from '../../network/index.ts';
import { nearest } from '../../util/nearest.ts';
import { Unsupported } from '../model.ts';
import { Options, serialized } from './config.ts';

/** An activation as a request names it. */
export type Activation = string | Readonly<Record<string, unknown>>;

const same = ['linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'softmax', 'elu', 'selu', 'celu', 'silu', 'mish'];
const alike = ['softplus', 'softsign', 'hard_tanh', 'hard_swish', 'exponential'];

const direct: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ...[...same, ...alike].map((name) => [name, name] as const),
  ['swish', 'silu'],
  ['hard_silu', 'hard_swish'],
  ['gelu', 'gelu'],
  // As functions, with the defaults of keras.activations.
  ['leaky_relu', { type: 'leaky_relu', negative_slope: 0.2 }],
  ['log_sigmoid', { expression: '0 - softplus(0 - x)' }],
  ['tanh_shrink', { expression: 'x - tanh(x)' }],
  ['squareplus', { expression: '(x + sqrt(x ^ 2 + 4)) / 2' }],
  ['soft_shrink', { expression: 'relu(x - 0.5) - relu(0 - x - 0.5)' }],
  ['hard_shrink', { expression: 'where(abs(x) < 0.5, 0, x)' }],
]);

/** Layers that stand where an activation is named. */
const asLayers: ReadonlyMap<string, (options: Options) => Activation> = new Map<
  string,
  (options: Options) => Activation
>([
  ['relu', reluOf],
  ['re_lu', reluOf],
  ['leaky_relu', (options) => leaky(options.number(options.has('alpha') ? 'alpha' : 'negative_slope', 0.3))],
  ['elu', (options) => ({ type: 'elu', alpha: options.number('alpha', 1) })],
]);

export const leaky = (slope: number): Activation =>
  slope === 0 ? 'relu' : { type: 'leaky_relu', negative_slope: slope };

/** x ≥ max ? max : x > threshold ? x : slope (x − threshold) */
export function reluOf(options: Options): Activation {
  const slope = options.number('negative_slope', 0);
  const threshold = options.number('threshold', 0);
  const max = options.has('max_value') ? options.number('max_value') : null;
  if (threshold === 0 && max === null) return leaky(slope);
  if (threshold === 0 && max === 6 && slope === 0) return 'relu6';
  const low = slope === 0 ? '0' : `${slope} * (x - ${threshold})`;
  const bounded = max === null ? 'x' : `min(x, ${max})`;
  return { expression: `where(${threshold} < x, ${bounded}, ${low})` };
}

const toSnake = (name: string): string =>
  name
    .replace('ReLU', 'Relu')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/_?v[12]$/, '');

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

/**
 * @param version of Keras, whose hard sigmoid was another before 3
 * @throws Unsupported
 */
export function activationOf(value: unknown, version: 2 | 3): Activation {
  if (value === undefined || value === null) return 'linear';
  const given = serialized(value);
  if (given === null) throw new Unsupported(`its activation ${shown(value)} is not known`);
  const name = toSnake(given.class.split(/[>.]/).at(-1) ?? '');
  // keras.activations.hard_sigmoid: clip(0.2 x + 0.5, 0, 1) up to Keras 2, relu6(x + 3)/6 from Keras 3.
  if (name === 'hard_sigmoid') return version === 3 ? name : { expression: 'min(max(0.2 * x + 0.5, 0), 1)' };
  const layer =
    typeof value === 'object' && Object.keys(given.config).length > 0 ? asLayers.get(name) : undefined;
  if (layer !== undefined) return layer(new Options(given.config, given.class));
  const known = direct.get(name);
  if (known !== undefined) return known;
  throw new Unsupported(
    `its activation ${shown(given.class)} is not one of keras.activations that this service knows; code in a model is never run`,
    nearest(name, activationKind.types) ?? 'a formula of your own: { "expression": "x * sigmoid(x)" }',
  );
}

const plainInitializers = [
  'zeros',
  'ones',
  'glorot_uniform',
  'glorot_normal',
  'he_uniform',
  'he_normal',
  'lecun_uniform',
  'lecun_normal',
];

const otherNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
    xavier_uniform: 'glorot_uniform',
    xavier_normal: 'glorot_normal',
    le_cun_uniform: 'lecun_uniform',
    le_cun_normal: 'lecun_normal',
    zero: 'zeros',
    one: 'ones',
    normal: 'random_normal',
    uniform: 'random_uniform',
    identity_initializer: 'identity',
    orthogonal_initializer: 'orthogonal',
  }),
);

type InitializerOf = (options: Options) => unknown;

/** keras.initializers.VarianceScaling: `normal` is truncated, too. */
const distributions: ReadonlyMap<string, string> = new Map(
  Object.entries({
    normal: 'truncated_normal',
    truncated_normal: 'truncated_normal',
    untruncated_normal: 'normal',
    uniform: 'uniform',
  }),
);

function varianceScaling(options: Options): unknown {
  const [scale, mode] = [options.number('scale', 1), options.string('mode', 'fan_in')];
  const distribution =
    distributions.get(options.string('distribution', 'truncated_normal')) ?? 'truncated_normal';
  // Keras up to 2.2 and TensorFlow.js write their named initializers like this.
  const named: Readonly<Record<string, string>> = {
    '1 fan_avg uniform': 'glorot_uniform',
    '1 fan_avg truncated_normal': 'glorot_normal',
    '2 fan_in uniform': 'he_uniform',
    '2 fan_in truncated_normal': 'he_normal',
    '1 fan_in uniform': 'lecun_uniform',
    '1 fan_in truncated_normal': 'lecun_normal',
  };
  return named[`${scale} ${mode} ${distribution}`] ?? { type: 'variance_scaling', scale, mode, distribution };
}

const initializers: Readonly<Record<string, InitializerOf>> = {
  ...Object.fromEntries(plainInitializers.map((name) => [name, () => name])),
  constant: (options) => ({ type: 'constant', value: options.number('value', 0) }),
  random_normal: (options) => ({
    type: 'normal',
    mean: options.number('mean', 0),
    stddev: options.number('stddev', 0.05),
  }),
  truncated_normal: (options) => ({
    type: 'truncated_normal',
    mean: options.number('mean', 0),
    stddev: options.number('stddev', 0.05),
  }),
  random_uniform: (options) => ({
    type: 'uniform',
    min: options.number('minval', -0.05),
    max: options.number('maxval', 0.05),
  }),
  orthogonal: (options) => {
    const gain = options.number('gain', 1);
    return gain === 1 ? 'orthogonal' : { type: 'orthogonal', gain };
  },
  identity: (options) => {
    const gain = options.number('gain', 1);
    return gain === 1 ? 'identity' : { type: 'identity', gain };
  },
  variance_scaling: varianceScaling,
};

/** @throws Unsupported */
export function initializerOf(value: unknown): unknown {
  const given = serialized(value);
  if (given === null) throw new Unsupported(`its initializer ${shown(value)} is not known`);
  const snake = toSnake(given.class.split(/[>.]/).at(-1) ?? '');
  const name = otherNames.get(snake) ?? snake;
  const make = Object.hasOwn(initializers, name) ? initializers[name] : undefined;
  if (make !== undefined) return make(new Options(given.config, `the initializer ${given.class}`));
  throw new Unsupported(
    `its initializer ${shown(given.class)} is not known`,
    nearest(name, Object.keys(initializers)) ?? 'glorot_uniform',
  );
}
