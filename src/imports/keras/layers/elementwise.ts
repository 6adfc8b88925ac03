/** @file Activations, normalizations, scales. */
import type { NamedTensor } from '../../../util/safetensors.ts';
import { Unsupported } from '../../model.ts';
import type { Value } from '../../writer.ts';
import type { Options } from '../config.ts';
import {
  activation,
  alongAxis,
  type Context,
  type Convert,
  isChannelsFirst,
  notePenalties,
  only,
  rankOf,
  weightsOf,
} from '../context.ts';
import type { KerasLayer } from '../model.ts';
import { type Activation, initializerOf, leaky, reluOf } from '../parts.ts';

/** @param x in the order that the activation needs: a softmax runs over the features' axis here */
const applied = (x: Value, chosen: Activation, { name }: KerasLayer, { writer }: Context): Value =>
  writer.add('activation', { activation: chosen }, [x], { name, channels: x.channels });

const activationLayer: Convert = (layer, inputs, context) => {
  const chosen = activation(layer, context);
  const x = only(inputs);
  return applied(chosen === 'softmax' ? alongAxis(x, -1, layer, context) : x, chosen, layer, context);
};

const softmax: Convert = (layer, inputs, context) => {
  const axis = layer.options.has('axis') ? layer.options.extents('axis', 1)[0] : -1;
  return applied(alongAxis(only(inputs), axis as number, layer, context), 'softmax', layer, context);
};

const formula =
  (chosen: (options: Options) => Activation): Convert =>
  (layer, inputs, context) =>
    applied(only(inputs), chosen(layer.options), layer, context);

const prelu: Convert = (layer, inputs, context) => {
  const x = alongAxis(only(inputs), -1, layer, context);
  const shared = layer.config.shared_axes;
  const wanted = rankOf(x) - 1;
  const axes = Array.isArray(shared) ? shared.length : 0;
  if (axes !== wanted)
    throw new Unsupported(
      'it learns a slope for every position; this service learns one for every feature',
      `PReLU(shared_axes=[${Array.from({ length: wanted }, (_, i) => i + 1).join(', ')}])`,
    );
  const initializer = initializerOf(layer.config.alpha_initializer ?? 'zeros');
  const start = initialSlope(initializer);
  const given = weightsOf(layer, 1);
  const weights =
    given === null
      ? null
      : { slope: { shape: [(given[0] as NamedTensor).data.length], data: (given[0] as NamedTensor).data } };
  return context.writer.add('activation', { activation: { type: 'prelu', initial_slope: start } }, [x], {
    name: layer.name,
    channels: x.channels,
    weights,
  });
};

function initialSlope(initializer: unknown): number {
  if (initializer === 'zeros') return 0;
  if (initializer === 'ones') return 1;
  const { type, value } = initializer as { type?: unknown; value?: unknown };
  if (type === 'constant' && typeof value === 'number') return value;
  throw new Unsupported('its slopes start at random numbers', 'a constant: alpha_initializer="zeros"');
}

/** Scale and center are on here; what the file leaves out starts where it changes nothing. */
function scaleAndCenter(
  layer: KerasLayer,
  { warnings }: Context,
  more: readonly string[],
): Record<string, NamedTensor> | null {
  const [scale, center] = [layer.options.bool('scale', true), layer.options.bool('center', true)];
  if (!scale || !center)
    warnings.add(
      `"${layer.name}" learns ${scale ? 'no offset' : center ? 'no scale' : 'neither scale nor offset'}; here it learns both`,
    );
  const names = [...(scale ? ['gamma'] : []), ...(center ? ['beta'] : []), ...more];
  const given = weightsOf(layer, names.length);
  return given === null ? null : Object.fromEntries(names.map((name, i) => [name, given[i] as NamedTensor]));
}

const axisOf = ({ options }: KerasLayer): number =>
  options.has('axis') ? (options.extents('axis', 1)[0] as number) : -1;

const batchNorm: Convert = (layer, inputs, context) => {
  const { options, name } = layer;
  notePenalties(layer, context, 'gamma');
  context.penalties.pop();
  const given = only(inputs);
  const axis = axisOf(layer);
  const weights = scaleAndCenter(layer, context, ['moving_mean', 'moving_variance']);
  const add = (x: Value) =>
    context.writer.add('batch_norm', normOptions(options, 'batch_norm'), [x], {
      name,
      channels: x.channels,
      weights,
    });
  // Along the time of a sequence that has its features first.
  if (rankOf(given) === 2 && axis === 1) {
    const swap = (x: Value) =>
      context.writer.add('permute', { dims: [2, 1] }, [x], { name: `${name}_order` });
    return swap(add(swap(given)));
  }
  return add(alongAxis(given, axis, layer, context));
};

function normOptions(options: Options, type: 'batch_norm' | 'other'): Record<string, unknown> {
  const epsilon = options.number('epsilon', 1e-3);
  const momentum = options.number('momentum', 0.99);
  return {
    ...(epsilon === 1e-3 ? {} : { epsilon }),
    ...(type === 'batch_norm' && momentum !== 0.99 ? { momentum } : {}),
  };
}

const layerNorm: Convert = (layer, inputs, context) => {
  const x = only(inputs);
  if (rankOf(x) === 3)
    throw new Unsupported(
      'along the channels of every pixel; layer_norm of this service runs over channels, height and width of an image',
      'group_norm with "groups": 1, or batch_norm',
    );
  alongAxis(x, axisOf(layer), layer, context);
  if (layer.options.bool('rms_scaling', false))
    throw new Unsupported('rms_scaling is not known here', 'rms_norm');
  const weights = scaleAndCenter(layer, context, []);
  return context.writer.add('layer_norm', normOptions(layer.options, 'other'), [x], {
    name: layer.name,
    weights,
  });
};

const groupNorm: Convert = (layer, inputs, context) => {
  const x = alongAxis(only(inputs), axisOf(layer), layer, context);
  const groups = layer.options.int('groups', 32);
  const count = groups === -1 ? (rankOf(x) === 3 ? x.shape[0] : x.shape.at(-1)) : groups;
  const weights = scaleAndCenter(layer, context, []);
  return context.writer.add('group_norm', { groups: count, ...normOptions(layer.options, 'other') }, [x], {
    name: layer.name,
    channels: x.channels,
    weights,
  });
};

const rmsNorm: Convert = (layer, inputs, context) => {
  const x = only(inputs);
  if (rankOf(x) === 3) throw new Unsupported('along the channels of every pixel', 'group_norm');
  alongAxis(x, axisOf(layer), layer, context);
  const epsilon = layer.options.number('epsilon', 1e-6);
  const given = weightsOf(layer, 1);
  return context.writer.add('rms_norm', { epsilon }, [x], {
    name: layer.name,
    weights: given === null ? null : { gamma: given[0] as NamedTensor },
  });
};

const numbers = (value: unknown): number | number[] | null => {
  if (typeof value === 'number') return value;
  const flat = Array.isArray(value) ? (value.flat(8) as unknown[]) : [];
  return flat.length > 0 && flat.every((n) => typeof n === 'number') ? (flat as number[]) : null;
};

const rescaling: Convert = (layer, inputs, context) => {
  const [scale, offset] = [numbers(layer.config.scale ?? 1), numbers(layer.config.offset ?? 0)];
  if (scale === null || offset === null) throw new Unsupported('its scale and offset are not numbers');
  const x = only(inputs);
  const wide =
    typeof scale === 'number' && typeof offset === 'number'
      ? x
      : alongAxis(x, isChannelsFirst(layer) ? 1 : -1, layer, context);
  return context.writer.add('rescaling', { scale, offset }, [wide], {
    name: layer.name,
    channels: wide.channels,
  });
};

/** (x − mean)/max(√variance, 1e-7), with mean and variance as the file has them. */
const normalization: Convert = (layer, inputs, context) => {
  const weights = layer.weights ?? [];
  const arrays = [
    numbers(layer.config.mean) ?? weights[0]?.data,
    numbers(layer.config.variance) ?? weights[1]?.data,
  ];
  const [mean, variance] = arrays.map((given) =>
    typeof given === 'number' ? [given] : given === undefined || given === null ? null : [...given],
  );
  if (!mean || !variance) {
    // Before `adapt` Keras has mean 0 and variance 1; a file of the model alone does not tell whether it was called.
    context.warnings.add(
      `mean and variance of "${layer.name}" are not in the file: it changes nothing here; give the data "standardize": true`,
    );
    const x = only(inputs);
    return context.writer.add('rescaling', { scale: 1, offset: 0 }, [x], {
      name: layer.name,
      channels: x.channels,
    });
  }
  const scale = variance.map((value) => 1 / Math.max(Math.sqrt(value), 1e-7));
  const offset = scale.map((factor, i) => -(mean[i] ?? (mean[0] as number)) * factor);
  const x = alongAxis(only(inputs), axisOf(layer), layer, context);
  const one = scale.length === 1;
  return context.writer.add(
    'rescaling',
    { scale: one ? scale[0] : scale, offset: one ? offset[0] : offset },
    [x],
    { name: layer.name, channels: x.channels },
  );
};

export const elementwise: Readonly<Record<string, Convert>> = {
  Activation: activationLayer,
  Softmax: softmax,
  ReLU: formula(reluOf),
  LeakyReLU: formula((options) =>
    leaky(options.number(options.has('alpha') ? 'alpha' : 'negative_slope', 0.3)),
  ),
  ELU: formula((options) => ({ type: 'elu', alpha: options.number('alpha', 1) })),
  ThresholdedReLU: formula((options) => ({ expression: `where(${options.number('theta', 1)} < x, x, 0)` })),
  PReLU: prelu,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  GroupNormalization: groupNorm,
  RMSNormalization: rmsNorm,
  Rescaling: rescaling,
  Normalization: normalization,
};
