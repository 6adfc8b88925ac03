/** @file Dropout after every hidden activation. */
import { editHidden, everyLayer, isNonlinear } from '../edit.ts';
import type { Remedy } from '../remedy.ts';

export const addDropout: Remedy = {
  remedy: 'add_dropout',
  title: 'Add dropout after every hidden activation',
  rationale:
    'Textbooks name dropout against dead units: it makes units stand in for each other. Whether it does is measured here.',
  sources: ['Srivastava et al. 2014'],
  treats: ['dead_units'],
  effort: 'architecture',
  change: (experiment) => {
    if (everyLayer(experiment.network.layers).some(({ type }) => type === 'dropout')) {
      return { reason: 'the network has dropout already' };
    }
    return editHidden(experiment, (layers) =>
      layers.flatMap((layer) =>
        isNonlinear(layer.activation) ? [layer, { type: 'dropout', rate: 0.2 }] : [layer],
      ),
    );
  },
};
