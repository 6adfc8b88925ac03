/** @file A layer at every time step: most do that here by themselves. */
import { Unsupported } from '../../model.ts';
import { type Convert, only, rankOf } from '../context.ts';
import { innerLayer } from '../model.ts';
import { elementwise } from './elementwise.ts';
import { products } from './products.ts';
import { shapes } from './shapes.ts';

/** On vectors, these act along the last axis, whatever stands before it. */
const acrossTime: ReadonlyMap<string, Convert> = new Map(
  Object.entries({ ...products, ...elementwise, ...shapes }).filter(([name]) =>
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
  throw new Unsupported(
    `it repeats ${inner.class} over [${x.shape.join(', ')}]`,
    convert === undefined
      ? 'Dense, an activation or a normalization at every time step'
      : 'sequences [time, features]',
  );
};
