/** @file What the conversion of one Keras layer gets: the writer, the version, where to put warnings; and the order of axes. */
import type { NamedTensor } from '../../util/safetensors.ts';
import type { OmittedPart } from '../model.ts';
import { Misfit, Unsupported } from '../model.ts';
import type { NetworkWriter, Value } from '../writer.ts';
import { Options, type Serialized, serialized } from './config.ts';
import type { KerasLayer } from './model.ts';
import { type Activation, activationOf, initializerOf } from './parts.ts';

export interface Context {
  readonly writer: NetworkWriter;
  readonly version: 2 | 3;
  readonly warnings: Set<string>;
  readonly omitted: OmittedPart[];
  readonly penalties: Penalty[];
  /** Of layers that give several values here: all of them, by the layer's name. */
  readonly several: Map<string, readonly Value[]>;
}

/** Of a layer's kernel. */
export interface Penalty {
  readonly layer: string;
  readonly l1: number;
  readonly l2: number;
}

/** From a layer and what it is called on to its output. @throws Unsupported */
export type Convert = (layer: KerasLayer, inputs: readonly Value[], context: Context) => Value;

export function only(inputs: readonly Value[]): Value {
  const [first] = inputs;
  if (first === undefined) throw new Misfit('it is called on nothing');
  if (inputs.length > 1)
    throw new Unsupported(`it is called on ${inputs.length} tensors, this service takes one`, null);
  return first;
}

export const rankOf = ({ shape }: Value): number => shape.length;

export function needRank(value: Value, rank: number): void {
  if (rankOf(value) !== rank)
    throw new Misfit(`it takes ${rank} axes without the batch, but gets [${value.shape.join(', ')}]`);
}

const orderName = ({ name }: KerasLayer): string => `${name}_order`;

/** [(time,) height, width, channels] there → [(time,) channels, height, width] here. */
export function channelsFirst(value: Value, layer: KerasLayer, { writer }: Context): Value {
  if (rankOf(value) < 3 || value.channels === 'last') return value;
  const dims = rankOf(value) === 3 ? [3, 1, 2] : [1, 4, 2, 3];
  return writer.add('permute', { dims }, [value], { name: orderName(layer), channels: 'last' });
}

/** The axes as they are in Keras. */
export function asInKeras(value: Value, layer: KerasLayer, { writer }: Context): Value {
  if (value.channels === 'same') return value;
  const [channels, height, width] = value.shape.slice(-3);
  const before = value.shape.slice(0, -3);
  const name = orderName(layer);
  // With one channel, or one pixel, the numbers are in the same order.
  if (channels === 1 || (height === 1 && width === 1))
    return writer.add('reshape', { shape: [...before, height, width, channels] }, [value], { name });
  return writer.add('permute', { dims: before.length === 0 ? [2, 3, 1] : [1, 3, 4, 2] }, [value], { name });
}

export const isChannelsFirst = ({ options }: KerasLayer): boolean =>
  options.string('data_format', 'channels_last') === 'channels_first';

/** An image as convolutions here take it. */
export function image(value: Value, layer: KerasLayer, context: Context): Value {
  needRank(value, 3);
  return isChannelsFirst(layer) ? asInKeras(value, layer, context) : channelsFirst(value, layer, context);
}

/** A sequence of images (a volume), [time, channels, height, width] here; with the channels first in Keras or last. */
export function overVolume(
  layer: KerasLayer,
  input: Value,
  context: Context,
  apply: (x: Value) => Value,
): Value {
  needRank(input, 4);
  if (!isChannelsFirst(layer)) return apply(channelsFirst(input, layer, context));
  const swap = (x: Value) =>
    context.writer.add('permute', { dims: [2, 1, 3, 4] }, [x], { name: orderName(layer) });
  const result = apply(swap(asInKeras(input, layer, context)));
  return rankOf(result) === 4 ? swap(result) : result;
}

/** A sequence [time, features], as it is here and, unless it says otherwise, in Keras. */
export function overTime(
  layer: KerasLayer,
  input: Value,
  { writer }: Context,
  apply: (x: Value) => Value,
): Value {
  needRank(input, 2);
  if (!isChannelsFirst(layer)) return apply(input);
  const swap = (x: Value) => writer.add('permute', { dims: [2, 1] }, [x], { name: orderName(layer) });
  const result = apply(swap(input));
  return rankOf(result) === 2 ? swap(result) : result;
}

/** So that the features' axis here is this axis of Keras (counted from 1, or from the last as −1). */
export function alongAxis(value: Value, axis: number, layer: KerasLayer, context: Context): Value {
  const rank = rankOf(value);
  const at = axis < 0 ? rank + 1 + axis : axis;
  if (rank < 3 && at === rank) return value;
  if ((rank === 3 || rank === 4) && at === rank) return channelsFirst(value, layer, context);
  if (rank === 3 && at === 1) return asInKeras(value, layer, context);
  throw new Unsupported(`it acts along axis ${axis} of ${rank + 1}`, 'the axis of the features (channels)');
}

export const activation = ({ config }: KerasLayer, { version }: Context, key = 'activation'): Activation =>
  activationOf(config[key], version);

/** Only what differs from this service's default. */
export function withInitializer(
  { config }: KerasLayer,
  key: string,
  option: string,
  usual: string,
): Record<string, unknown> {
  if (config[key] === undefined || config[key] === null) return {};
  const initializer = initializerOf(config[key]);
  return initializer === usual ? {} : { [option]: initializer };
}

/** Kernel, bias, activation: what dense layers and convolutions have in common. */
export function productOptions(
  layer: KerasLayer,
  context: Context,
  kernel = 'kernel',
): Record<string, unknown> {
  const useBias = layer.options.bool('use_bias', true);
  const chosen = activation(layer, context);
  notePenalties(layer, context, kernel);
  return {
    ...(chosen === 'linear' ? {} : { activation: chosen }),
    ...(useBias
      ? withInitializer(layer, 'bias_initializer', 'bias_initializer', 'zeros')
      : { use_bias: false }),
    ...withInitializer(layer, `${kernel}_initializer`, 'kernel_initializer', 'glorot_uniform'),
  };
}

const ratesOf = ({ class: kind, config }: Serialized): { l1: number; l2: number } => {
  const options = new Options(config, kind);
  const rate = (key: string, named: string) =>
    options.has(key) ? options.number(key) : kind.toUpperCase() === named ? 0.01 : 0;
  return { l1: rate('l1', 'L1'), l2: rate('l2', 'L2') };
};

/** What Keras' `activity_regularizer` adds to the loss: of the sum over a sample, the mean over the batch. */
export function penalized(value: Value, given: unknown, name: string, { writer }: Context): Value {
  const regularizer = serialized(given);
  if (regularizer === null) return value;
  const { l1, l2 } = ratesOf(regularizer);
  if (l1 === 0 && l2 === 0) return value;
  const terms = [...(l1 === 0 ? [] : [`${l1} * abs(x)`]), ...(l2 === 0 ? [] : [`${l2} * x^2`])];
  const { channels } = value;
  return writer.add('penalty', { expression: terms.join(' + ') }, [value], { name, channels });
}

/** What Keras adds to the loss or forces on weights. */
export function notePenalties(
  { name, config }: KerasLayer,
  { penalties, warnings }: Context,
  kernel = 'kernel',
): void {
  const regularizer = serialized(config[`${kernel}_regularizer`]);
  if (regularizer !== null) penalties.push({ layer: name, ...ratesOf(regularizer) });
  else penalties.push({ layer: name, l1: 0, l2: 0 });
  const lost = Object.entries(config).filter(
    ([key, value]) =>
      value !== null &&
      value !== undefined &&
      (/_constraint$/.test(key) ||
        (/_regularizer$/.test(key) && ![`${kernel}_regularizer`, 'activity_regularizer'].includes(key))),
  );
  for (const [key] of lost) warnings.add(`${key} of "${name}" is left out: this service has none`);
}

/** So many arrays, or null where the file has none. */
export function weightsOf({ weights, name }: KerasLayer, count: number): NamedTensor[] | null {
  if (weights === null) return null;
  if (weights.length !== count)
    throw new Unsupported(`the file has ${weights.length} arrays of weights for "${name}", not ${count}`);
  return [...weights];
}
