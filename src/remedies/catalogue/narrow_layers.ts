/** @file Fewer units in every hidden layer. */
import { editHidden } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Options that say how wide a layer is. */
const widths = ['units', 'filters'] as const;

/** Narrower layers pass too little on, whatever is to be learned. Chosen by this project. */
const LEAST = 4;

export const narrowLayers = defineRemedy({
  remedy: 'narrow_layers',
  title: 'Narrow the hidden layers',
  rationale:
    'A network with fewer weights than it takes to know every sample by heart has to find what the samples share.',
  sources: [
    'Goodfellow et al. 2016, Deep Learning, section 5.2: capacity',
    'Baum & Haussler 1989, What size net gives valid generalization?',
  ],
  treats: ['overfitting'],
  effort: 'architecture',
  dose: { name: 'factor', unit: 'times the units', values: [0.25, 0.0625] },
  change: (experiment, factor) => {
    let narrowed = 0;
    const change = editHidden(experiment, (layers) =>
      layers.map((layer) => {
        const narrower = widths.flatMap((key) => {
          const width = Number(layer[key] ?? 0);
          const less = Math.max(LEAST, Math.round(width * factor));
          return less < width ? [[key, less]] : [];
        });
        narrowed += narrower.length;
        return { ...layer, ...Object.fromEntries(narrower) };
      }),
    );
    if (narrowed === 0 && 'experiment' in change)
      return { reason: `no hidden layer has more than ${LEAST} units` };
    return change;
  },
});
