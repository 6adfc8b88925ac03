/** @file Less dropout, and less noise between the layers. */
import type { LayerConfig } from '../../network/index.ts';
import { everyLayer, mapLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Options that say how much is dropped, or how much noise is added. */
const amounts = ['rate', 'recurrent_dropout', 'stddev'] as const;

const isNoisy = (layer: LayerConfig): boolean => amounts.some((key) => Number(layer[key] ?? 0) > 0);

export const reduceDropout = defineRemedy({
  remedy: 'reduce_dropout',
  title: 'Drop fewer units',
  rationale:
    'What is dropped is lost to the step: at a high rate hardly any signal is left, and its variance grows as rate/(1 − rate).',
  sources: ['Srivastava et al. 2014, Dropout, section A.4: rates of 0.2 to 0.5'],
  treats: [
    'excessive_dropout',
    'inference_mismatch',
    'noisy_gradient',
    'vanishing_gradient',
    'underfitting',
    'slow_convergence',
    'unstable_loss',
    'loss_not_decreasing',
  ],
  effort: 'setting',
  dose: { name: 'factor', unit: 'times the rate', values: [0.25, 0, 0.5] },
  change: (experiment, factor) => {
    if (!everyLayer(experiment.network.layers).some(isNoisy)) return { reason: 'nothing is dropped' };
    return mapLayers(experiment, (layer) => ({
      ...layer,
      ...Object.fromEntries(
        amounts.flatMap((key) => (Number(layer[key] ?? 0) > 0 ? [[key, Number(layer[key]) * factor]] : [])),
      ),
    }));
  },
});
