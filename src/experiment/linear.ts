/** @file Whether a network is one linear map up to its last activation, however many layers it has. */
import { flattenLayers, outputLayers, type PlacedLayer } from '../network/index.ts';
import { placedLayers } from './plan.ts';
import type { Experiment } from './schema.ts';

/** By type; products are linear where they have no activation. */
const LINEAR = new Set([
  'flatten',
  'reshape',
  'permute',
  'rescaling',
  'dropout',
  'add',
  'subtract',
  'average',
  'concatenate',
  'average_pool1d',
  'average_pool2d',
  'global_average_pool1d',
  'global_average_pool2d',
  'repeat',
  'residual',
  'activation',
  'batch_norm',
]);

function hasNoActivation({ config }: PlacedLayer): boolean {
  const { activation = 'linear' } = config as { activation?: { type?: string } | string };
  return (typeof activation === 'string' ? activation : activation.type) === 'linear';
}

/**
 * How many products, one behind the other or side by side, a network is made of that is linear up to its last activation; null where
 * something before that is not linear, or nothing is a product.
 */
export function linearProducts(experiment: Experiment): number | null {
  const placed = placedLayers(experiment);
  const outputs = new Set(outputLayers(placed).map(({ name }) => name));
  const layers = flattenLayers(placed);
  const products = layers.filter(({ part }) => part.family === 'product');
  const linear = layers.every(
    (layer) =>
      (layer.part.family === 'product' || LINEAR.has(layer.type)) &&
      (outputs.has(layer.name) || hasNoActivation(layer)),
  );
  return linear && products.length > 0 ? products.length : null;
}
