/** @file Dropout after every hidden activation. */
import { editHidden, everyLayer, isNonlinear } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

const DROPPING = ['dropout', 'spatial_dropout1d', 'spatial_dropout2d', 'drop_path'];

export const addDropout = defineRemedy({
  remedy: 'add_dropout',
  title: 'Add dropout after every hidden activation',
  rationale:
    'Textbooks name dropout against dead units: it makes units stand in for each other. Whether it does is measured here.',
  sources: ['Srivastava et al. 2014'],
  treats: ['dead_units', 'overfitting'],
  effort: 'architecture',
  dose: { name: 'rate', unit: 'fraction dropped', values: [0.2, 0.1, 0.5] },
  change: (experiment, rate) => {
    if (everyLayer(experiment.network.layers).some(({ type }) => DROPPING.includes(type))) {
      return { reason: 'the network has dropout already' };
    }
    return editHidden(experiment, (layers) =>
      layers.flatMap((layer) =>
        isNonlinear(layer.activation) ? [layer, { type: 'dropout', rate }] : [layer],
      ),
    );
  },
});
