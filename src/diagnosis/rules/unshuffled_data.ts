/** @file Batches whose samples are alike, because the data are sorted and not shuffled. */
import { POOR } from '../consequences.ts';
import { severityByCost } from '../evidence/progress.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { measured, percent, text } from '../wording.ts';

const thresholds = {
  between_batches: {
    value: 0.3,
    unit: 'fraction of the targets’ variance that lies between batches, beyond chance',
    source: 'Bottou 2012, Stochastic gradient descent tricks, section 2: shuffle the examples',
    rationale: 'Of shuffled samples it is 0 within a few hundredths; batches of one class have 1',
  },
} as const;

export const unshuffledData = defineRule({
  rule: 'unshuffled_data',
  title: 'The samples come in order',
  description:
    'Fraction of the variance of the targets (of classes: of their one-hot code) that lies between the batches of an epoch, less ' +
    'what chance puts there. Found where batches are of few classes, or the targets drift with the index. Harmless where the network learns all the same.',
  needs: [],
  thresholds,
  sources: ['Bottou 2012, Stochastic gradient descent tricks'],
  // A step hears one class only, and forgets the others.
  brings_about: ['overfitting', 'sharpness', 'rank_collapse', 'update_ratio', ...POOR],
  is_consequence: false,
  recorded_as: null,
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const { batch_order: order } = trace;
    if (order === null) return notEvaluable('a batch is the whole split, or the order was not measured');
    const { between_batches, classes_per_batch: classes } = order;
    return {
      kind: 'evaluated',
      found: between_batches > limits.between_batches,
      severity: severityByCost(trace),
      layers: [],
      first_step: 0,
      evidence: [
        evidenceOf('between_batches', between_batches, limits.between_batches, 'fraction of variance', {
          step: 0,
        }),
        ...(classes === null
          ? []
          : [
              evidenceOf('classes_per_batch', classes.mean, null, 'classes', { step: 0 }),
              evidenceOf('classes_per_batch_by_chance', classes.by_chance, null, 'classes', { step: 0 }),
            ]),
      ],
    };
  },
  explain(finding) {
    const share = percent(measured(finding, 'between_batches')?.value ?? 0);
    const classes = measured(finding, 'classes_per_batch')?.value;
    const chance = measured(finding, 'classes_per_batch_by_chance')?.value;
    const what =
      classes == null
        ? `the targets drift with the index: ${share} of their variance lies between batches`
        : `a batch holds ${text(classes)} classes in the mean, where chance would give ${text(chance)}`;
    return `The samples are used in the order given, and ${what}. Each stretch of steps pulls towards its own samples and undoes the one before. Shuffle them.`;
  },
});
