/** @file Running averages that follow sooner. */
import type { LayerConfig } from '../../network/index.ts';
import { everyLayer, mapLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

const isBatchNorm = ({ type }: LayerConfig): boolean => type === 'batch_norm';

export const lowerBatchNormMomentum = defineRemedy({
  remedy: 'lower_batch_norm_momentum',
  title: 'Lower the momentum of batch normalization',
  rationale:
    'After n steps momentumⁿ of the running averages is still what they began with: inference then is another network than ' +
    'the one that was trained.',
  sources: ['Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 2', 'Wu & Johnson 2021, arXiv:2105.07576'],
  treats: ['inference_mismatch', 'underfitting', 'slow_convergence', 'unstable_loss', 'loss_not_decreasing'],
  effort: 'setting',
  dose: { name: 'momentum', unit: 'fraction kept per step', values: [0.9, 0.5, 0.95] },
  change: (experiment, momentum) => {
    const norms = everyLayer(experiment.network.layers).filter(isBatchNorm);
    if (norms.length === 0) return { reason: 'the network has no batch normalization' };
    if (norms.every((layer) => Number(layer.momentum) <= momentum)) {
      return { reason: `the momentum is ${norms[0]?.momentum} already` };
    }
    return mapLayers(experiment, (layer) =>
      isBatchNorm(layer) ? { ...layer, momentum: Math.min(momentum, Number(layer.momentum)) } : layer,
    );
  },
});
