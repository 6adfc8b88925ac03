/** @file All places instead of what they have in common. */
import { planExperiment } from '../../experiment/index.ts';
import type { LayerConfig } from '../../network/index.ts';
import { everyLayer, withLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

const isGlobalPool = ({ type }: LayerConfig): boolean => /^global_(average|max)_pool[123]d$/.test(type);
/** Where steps are padding, what stands there is a number as any other. */
const isPadded = ({ type, mask_zero }: LayerConfig): boolean => type === 'masking' || mask_zero === true;

export const keepPositions = defineRemedy({
  remedy: 'keep_positions',
  title: 'Flatten instead of pooling over all places',
  rationale:
    'The mean or the largest value over all places tells whether something is there, and not where: a rise and a fall have the same mean.',
  sources: [
    'Lin et al. 2014, arXiv:1312.4400, section 3.2: pooling over all places sums out where things are',
  ],
  treats: ['underfitting', 'loss_not_decreasing', 'slow_convergence'],
  effort: 'architecture',
  change: (experiment) => {
    const { layers } = experiment.network;
    const last = layers.findLastIndex(isGlobalPool);
    if (last === -1) return { reason: 'the network pools over no places' };
    if (everyLayer(layers).some(isPadded))
      return { reason: 'sequences of different length have no fixed places' };
    const pool = planExperiment(experiment).layers.find(
      ({ pointer }) => pointer === `/network/layers/${last}`,
    );
    const sizeOf = (shape: readonly number[] = []) => shape.reduce((product, size) => product * size, 1);
    if (sizeOf(pool?.input_shape) === sizeOf(pool?.output_shape))
      return { reason: 'there is one place to pool over' };
    // Its name and its inputs stay.
    return withLayers(
      experiment,
      layers.map((layer, i) => (i === last ? { ...layer, type: 'flatten' } : layer)),
    );
  },
});
