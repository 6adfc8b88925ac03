/** @file Layers that move numbers, pool them, or put noise on them. */
import { Misfit, Unsupported } from '../../model.ts';
import { sizeOf } from '../../tensors.ts';
import type { Value } from '../../writer.ts';
import type { Options } from '../config.ts';
import {
  asInKeras,
  type Convert,
  image,
  isChannelsFirst,
  only,
  overTime,
  overVolume,
  penalized,
  rankOf,
} from '../context.ts';

const flatten: Convert = (layer, inputs, context) => {
  let x = asInKeras(only(inputs), layer, context);
  // Keras puts the channels last before it flattens.
  if (isChannelsFirst(layer) && rankOf(x) > 1)
    x = context.writer.add('permute', { dims: rankOf(x) === 3 ? [2, 3, 1] : [2, 1] }, [x], {
      name: `${layer.name}_order`,
    });
  return context.writer.add('flatten', {}, [x], { name: layer.name });
};

const reshape: Convert = (layer, inputs, context) => {
  const x = asInKeras(only(inputs), layer, context);
  const target = layer.options.shape('target_shape').map((size) => size ?? -1);
  const known = sizeOf(target.filter((size) => size !== -1));
  const shape = target.map((size) => (size === -1 ? sizeOf(x.shape) / known : size));
  if (shape.length > 6)
    throw new Unsupported(`it gives ${shape.length} axes without the batch`, 'at most 6 axes');
  return context.writer.add('reshape', { shape: shape.length === 0 ? [1] : shape }, [x], {
    name: layer.name,
  });
};

const permute: Convert = (layer, inputs, context) => {
  const x = asInKeras(only(inputs), layer, context);
  return context.writer.add('permute', { dims: layer.options.shape('dims') }, [x], { name: layer.name });
};

const repeatVector: Convert = (layer, inputs, { writer }) =>
  writer.add('repeat_vector', { n: layer.options.int('n') }, [only(inputs)], { name: layer.name });

/** A layer over images with these options. */
const overImages =
  (type: string, optionsOf: (options: Options) => Record<string, unknown>): Convert =>
  (layer, inputs, context) => {
    const x = image(only(inputs), layer, context);
    return context.writer.add(type, optionsOf(layer.options), [x], {
      name: layer.name,
      channels: x.channels,
    });
  };

const overSequences =
  (type: string, optionsOf: (options: Options) => Record<string, unknown>): Convert =>
  (layer, inputs, context) =>
    overTime(layer, only(inputs), context, (x) =>
      context.writer.add(type, optionsOf(layer.options), [x], { name: layer.name }),
    );

const overVolumes =
  (type: string, optionsOf: (options: Options) => Record<string, unknown>): Convert =>
  (layer, inputs, context) =>
    overVolume(layer, only(inputs), context, (x) =>
      context.writer.add(type, optionsOf(layer.options), [x], { name: layer.name, channels: x.channels }),
    );

const simple = (extents: readonly number[]): number | readonly number[] =>
  extents.every((size) => size === extents[0]) ? (extents[0] as number) : extents;

const pooling = (axes: 1 | 2 | 3) => (options: Options) => {
  const size = simple(options.extents(options.has('pool_length') ? 'pool_length' : 'pool_size', axes, 2));
  const stride = options.has('strides') ? simple(options.extents('strides', axes)) : size;
  const padding = options.string('padding', 'valid').toLowerCase();
  return {
    pool_size: size,
    ...(JSON.stringify(stride) === JSON.stringify(size) ? {} : { stride }),
    ...(padding === 'valid' ? {} : { padding }),
  };
};

const none = () => ({});

/** One number per channel; with `keepdims`, as an image of one pixel (a sequence of one step). */
const globalPooling =
  (type: string, axes: 1 | 2 | 3): Convert =>
  (layer, inputs, context) => {
    const convert = { 1: overSequences, 2: overImages, 3: overVolumes }[axes](type, none);
    const pooled: Value = { ...convert(layer, inputs, context), channels: 'same' };
    if (!layer.options.bool('keepdims', false)) return pooled;
    if (axes === 3) throw new Unsupported('keepdims over volumes', 'keepdims=False, then Reshape');
    const [features = 1] = pooled.shape;
    const ones = axes === 1 ? [1] : [1, 1];
    const last = axes === 2 && !isChannelsFirst(layer);
    const shape = axes === 2 || isChannelsFirst(layer) ? [features, ...ones] : [...ones, features];
    return context.writer.add('reshape', { shape }, [pooled], {
      name: `${layer.name}_dimensions`,
      channels: last ? 'last' : 'same',
    });
  };

const zeros = (axes: 1 | 2) => (options: Options) => {
  const { padding } = options.of;
  return { padding: padding ?? (axes === 1 ? 1 : [1, 1]) };
};

const factor = (axes: 1 | 2) => (options: Options) => {
  const interpolation = options.string('interpolation', 'nearest');
  return {
    size: simple(options.extents('size', axes, 2)),
    ...(interpolation === 'nearest' ? {} : { interpolation }),
  };
};

const rate = (options: Options) => ({ rate: options.number('rate') });

const dropout: Convert = (layer, inputs, { writer, warnings }) => {
  const x = only(inputs);
  const shape = layer.config.noise_shape;
  // The same for a whole sample: stochastic depth.
  if (Array.isArray(shape) && shape.length > 1 && shape.slice(1).every((size) => size === 1))
    return writer.add('drop_path', rate(layer.options), [x], { name: layer.name, channels: x.channels });
  if (shape !== null && shape !== undefined)
    warnings.add(`noise_shape of "${layer.name}" is left out: elements are dropped one by one`);
  return writer.add('dropout', rate(layer.options), [x], { name: layer.name, channels: x.channels });
};

const gaussianNoise: Convert = (layer, inputs, { writer }) => {
  const x = only(inputs);
  return writer.add('gaussian_noise', { stddev: layer.options.number('stddev') }, [x], {
    name: layer.name,
    channels: x.channels,
  });
};

/** What is cut off at both ends of the axes from the first on. */
const cropping =
  (axes: 1 | 2): Convert =>
  (layer, inputs, context) => {
    const { cropping: given } = layer.options.of;
    const list = Array.isArray(given) ? given : new Array(axes).fill(given ?? (axes === 1 ? 1 : 0));
    const sides: unknown[] = axes === 1 && list.length === 2 ? [list] : list;
    const ends = sides.map((side) => (Array.isArray(side) ? side : [side, side]));
    const isEnd = (end: unknown) => Number.isSafeInteger(end) && (end as number) >= 0;
    if (ends.length !== axes || ends.some((side) => side.length !== 2 || !side.every(isEnd)))
      throw new Unsupported('a cropping that is no number of rows and columns', 'cropping=((1, 1), (1, 1))');
    const cut = (x: Value): Value =>
      (ends as [number, number][]).reduce((value, [start, end], i) => {
        const axis = axes === 1 ? 0 : i + 1;
        if (start === 0 && end === 0) return value;
        const stop = (value.shape[axis] as number) - end;
        return context.writer.add('slice', { axis, start, stop }, [value], {
          name: axes === 1 ? layer.name : `${layer.name}_${i + 1}`,
          channels: value.channels,
        });
      }, x);
    const x = only(inputs);
    return axes === 1 ? overTime(layer, x, context, cut) : cut(image(x, layer, context));
  };

/** Nothing in inference; in training, something that this service does not do. */
const onlyInTraining =
  (reason: string): Convert =>
  (layer, inputs, { omitted }) => {
    const [x] = inputs;
    if (x === undefined) throw new Misfit('it is called on nothing');
    omitted.push({ class: layer.class, name: layer.name, reason });
    return x;
  };

const augmentation = onlyInTraining(
  'it changes samples in training only; augment the data before, or train without',
);

export const shapes: Readonly<Record<string, Convert>> = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeatVector,
  MaxPooling1D: overSequences('max_pool1d', pooling(1)),
  MaxPooling2D: overImages('max_pool2d', pooling(2)),
  AveragePooling1D: overSequences('average_pool1d', pooling(1)),
  AveragePooling2D: overImages('average_pool2d', pooling(2)),
  MaxPooling3D: overVolumes('max_pool3d', pooling(3)),
  AveragePooling3D: overVolumes('average_pool3d', pooling(3)),
  GlobalMaxPooling3D: globalPooling('global_max_pool3d', 3),
  GlobalAveragePooling3D: globalPooling('global_average_pool3d', 3),
  GlobalMaxPooling1D: globalPooling('global_max_pool1d', 1),
  GlobalMaxPooling2D: globalPooling('global_max_pool2d', 2),
  GlobalAveragePooling1D: globalPooling('global_average_pool1d', 1),
  GlobalAveragePooling2D: globalPooling('global_average_pool2d', 2),
  ZeroPadding1D: overSequences('zero_padding1d', zeros(1)),
  ZeroPadding2D: overImages('zero_padding2d', zeros(2)),
  UpSampling1D: overSequences('up_sampling1d', factor(1)),
  UpSampling2D: overImages('up_sampling2d', factor(2)),
  Cropping1D: cropping(1),
  Cropping2D: cropping(2),
  Dropout: dropout,
  SpatialDropout1D: overSequences('spatial_dropout1d', rate),
  SpatialDropout2D: overImages('spatial_dropout2d', rate),
  GaussianNoise: gaussianNoise,
  ActivityRegularization: (layer, inputs, context) =>
    penalized(only(inputs), { class_name: 'L1L2', config: layer.config }, layer.name, context),
  ...Object.fromEntries(
    [
      'Brightness',
      'Contrast',
      'Crop',
      'Flip',
      'Height',
      'Hue',
      'Rotation',
      'Saturation',
      'Translation',
      'Width',
      'Zoom',
    ]
      .filter((name) => name !== 'Crop' && name !== 'Height' && name !== 'Width')
      .map((name) => [`Random${name}`, augmentation]),
  ),
};
