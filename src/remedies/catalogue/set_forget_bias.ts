/** @file LSTMs that begin by remembering. */
import type { LayerConfig } from '../../network/index.ts';
import { everyLayer, mapLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Of `bidirectional`, the layer of both directions. */
const forgets = ({ type, unit_forget_bias, layer }: LayerConfig): boolean =>
  layer === undefined ? type === 'lstm' && unit_forget_bias === false : forgets(layer as LayerConfig);

const remembering = (layer: LayerConfig): LayerConfig =>
  layer.layer === undefined
    ? { ...layer, unit_forget_bias: true }
    : { ...layer, layer: remembering(layer.layer as LayerConfig) };

export const setForgetBias = defineRemedy({
  remedy: 'set_forget_bias',
  title: 'Start the forget gates at a bias of 1',
  rationale:
    'At a bias of 0 a forget gate keeps half of the cell per time step: of what was 20 steps ago a millionth is left.',
  sources: ['Gers et al. 2000, Learning to forget', 'Jozefowicz et al. 2015, section 3.3'],
  treats: [
    'vanishing_gradient',
    'unchanged_parameters',
    'underfitting',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  effort: 'initializer',
  change: (experiment) =>
    everyLayer(experiment.network.layers).some(forgets)
      ? mapLayers(experiment, (layer) => (forgets(layer) ? remembering(layer) : layer))
      : { reason: 'no LSTM starts its forget gates at 0' },
});
