/** @file Whether a network gives the same answer for a sequence in any order. */
import { flattenLayers, type PlacedLayer } from '../network/index.ts';
import { inputsOf, placedLayers } from './plan.ts';
import type { Experiment } from './schema.ts';

/** They treat every time step like every other; pooling over all of them forgets which was which. */
const BLIND = new Set([
  'dense',
  'embedding',
  'self_attention',
  'multi_head_attention',
  'activation',
  'layer_norm',
  'rms_norm',
  'batch_norm',
  'rescaling',
  'layer_scale',
  'dropout',
  'spatial_dropout1d',
  'gaussian_noise',
  'drop_path',
  'masking',
  'add',
  'subtract',
  'multiply',
  'average',
  'maximum',
  'residual',
  'time_distributed',
  'repeat',
]);
const ATTENTION = new Set(['self_attention', 'multi_head_attention']);
const POOLS = new Set(['global_average_pool1d', 'global_max_pool1d']);

/** A causal mask tells the time steps apart by how much they see. */
const isCausal = ({ config }: PlacedLayer): boolean => (config as { causal?: boolean }).causal === true;

/** Attention can tell time steps apart that were marked; a mean or a maximum over them forgets the marks. */
export const attends = (experiment: Experiment): boolean =>
  flattenLayers(placedLayers(experiment)).some(({ type }) => ATTENTION.has(type));

export function isOrderBlind(experiment: Experiment): boolean {
  const [input, ...others] = inputsOf(experiment);
  if (input === undefined || others.length > 0) return false;
  const isSequence = input.shape.length === 2 || (input.dtype === 'token' && input.shape.length === 1);
  const layers = flattenLayers(placedLayers(experiment));
  return (
    isSequence &&
    layers.some(({ type }) => POOLS.has(type)) &&
    layers.every((layer) => POOLS.has(layer.type) || (BLIND.has(layer.type) && !isCausal(layer)))
  );
}
