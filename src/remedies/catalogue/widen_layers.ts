/** @file More units in every hidden layer. */
import { editHidden } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Options that say how wide a layer is. */
const widths = ['units', 'filters', 'dimensions'] as const;

/** Wider layers train no better, and cost more than a study may. */
const MOST = 1024;

export const widenLayers = defineRemedy({
  remedy: 'widen_layers',
  title: 'Widen the hidden layers',
  rationale: 'What too few units cannot express, or pass on once some are dead, more of them can.',
  sources: ['Lu et al. 2017, arXiv:1709.02540', 'Lu et al. 2019, arXiv:1903.06733'],
  treats: ['underfitting', 'degenerate_normalization', 'dead_units', 'slow_convergence'],
  effort: 'architecture',
  dose: { name: 'factor', unit: 'times the units', values: [2, 4, 8] },
  change: (experiment, factor) => {
    let widened = 0;
    const change = editHidden(experiment, (layers) =>
      layers.map((layer) => {
        const wider = widths.flatMap((key) => {
          const width = Number(layer[key] ?? 0);
          return width > 0 && width * factor <= MOST ? [[key, width * factor]] : [];
        });
        widened += wider.length;
        return { ...layer, ...Object.fromEntries(wider) };
      }),
    );
    if (widened === 0 && 'experiment' in change)
      return { reason: `no hidden layer is narrower than ${MOST / factor}` };
    return change;
  },
});
