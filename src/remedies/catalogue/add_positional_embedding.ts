/** @file Positions before attention. */
import { isOrderBlind } from '../../experiment/index.ts';
import type { LayerConfig } from '../../network/index.ts';
import { everyLayer, isAttention, withLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';
import { beforeNext } from '../rewire.ts';

export const addPositionalEmbedding = defineRemedy({
  remedy: 'add_positional_embedding',
  title: 'Add a positional embedding before the attention',
  rationale:
    'Attention sees a set: what stands where is lost to it, unless every position brings a vector of its own.',
  sources: ['Vaswani et al. 2017, arXiv:1706.03762, section 3.5'],
  treats: ['underfitting', 'slow_convergence', 'loss_not_decreasing'],
  effort: 'architecture',
  change: (experiment) => {
    if (!isOrderBlind(experiment)) return { reason: 'the network sees the order already' };
    const { layers } = experiment.network;
    const first = layers.findIndex((layer) => everyLayer([layer]).some(isAttention));
    if (first === -1) return { reason: 'the network has no attention' };
    return withLayers(experiment, [
      ...layers.slice(0, first),
      beforeNext({ type: 'positional_embedding' } as LayerConfig),
      ...layers.slice(first),
    ]);
  },
});
