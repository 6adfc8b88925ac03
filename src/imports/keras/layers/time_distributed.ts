/** @file A layer at every time step: most do that here by themselves. */
import { Unsupported } from '../../model.ts';
import { asInKeras, type Convert, only, rankOf } from '../context.ts';
import { innerLayer } from '../model.ts';
import { elementwise } from './elementwise.ts';
import { products } from './products.ts';
import { shapes } from './shapes.ts';

/** What can stand at every time step. */
const eachStep: ReadonlyMap<string, Convert> = new Map(
  Object.entries({ ...products, ...elementwise, ...shapes }),
);

/** On vectors, these act along the last axis, whatever stands before it. */
const acrossTime: ReadonlyMap<string, Convert> = new Map(
  [...eachStep].filter(([name]) =>
    [
      ...[
        'Dense',
        'Activation',
        'ReLU',
        'LeakyReLU',
        'ELU',
        'Softmax',
        'Dropout',
        'GaussianNoise',
        'Rescaling',
      ],
      ...['BatchNormalization', 'LayerNormalization'],
    ].includes(name),
  ),
);

/** Along the last axis, as the layer itself says it. */
const isAlongLast = (axis: unknown): boolean =>
  axis === undefined || axis === null || [axis].flat().every((one) => one === -1 || one === 1);

export const timeDistributed: Convert = (layer, inputs, context) => {
  const x = only(inputs);
  const inner = innerLayer(layer);
  const convert = acrossTime.get(inner.class);
  if (convert !== undefined && rankOf(x) === 2 && isAlongLast(inner.config.axis)) {
    const { axis: _axis, ...config } = inner.config;
    return convert(
      { ...inner, config, options: inner.options.without('axis'), name: layer.name },
      inputs,
      context,
    );
  }
  const stepwise = eachStep.get(inner.class);
  if (stepwise === undefined || rankOf(x) < 2)
    throw new Unsupported(
      `it repeats ${inner.class} over [${x.shape.join(', ')}]`,
      stepwise === undefined
        ? 'TimeDistributed of a single layer: Dense, a convolution, a pooling, a normalization, Flatten, …'
        : 'sequences [time, …]',
    );
  // A time step is as it is in Keras, an image [height, width, channels] too, before the layer and behind it.
  return context.writer.addBody('time_distributed', x, x.shape.slice(1), layer.name, (writer, step) => {
    const inside = { ...context, writer };
    return asInKeras(stepwise(inner, [step], inside), inner, inside);
  });
};
