/** @file A higher limit for gradients that are clipped. */
import { clippingKind } from '../../network/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const raiseClippingLimit = defineRemedy({
  remedy: 'raise_clipping_limit',
  title: 'Raise the limit of gradient clipping',
  rationale: 'A limit that nearly every gradient meets is a smaller learning rate under another name.',
  sources: ['Pascanu et al. 2013, arXiv:1211.5063', 'Zhang et al. 2020, arXiv:1905.11881'],
  treats: [
    'excessive_clipping',
    'update_ratio',
    'unchanged_parameters',
    'underfitting',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  effort: 'setting',
  dose: { name: 'factor', unit: 'times the limit', values: [100, 10, 10_000] },
  change: (experiment, factor) => {
    const clipping = experiment.training.gradient_clipping;
    if (clipping === null) return { reason: 'gradients are not clipped' };
    const limits = Object.entries(clippingKind.spellOut(clipping)).map(([key, value]) =>
      typeof value === 'number' ? [key, Math.min(1e6, value * factor)] : [key, value],
    );
    return withTraining(experiment, { gradient_clipping: Object.fromEntries(limits) });
  },
});
