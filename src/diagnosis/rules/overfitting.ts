/** @file The network knows the training samples and not the others. */
import { lossRatio, validationRatio } from '../../statistics/index.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { measured, ofConstant } from '../wording.ts';

const thresholds = {
  generalization_gap: {
    value: 0.5,
    unit: '(final validation loss − final training loss, each above the least that its targets allow) / loss of the best constant prediction',
    source: 'Amazon SageMaker Debugger, Overfit: (validation − training)/training > 0.1, here against chance',
    rationale: 'A ratio of two losses near 0 says nothing; half of what there is to learn does',
  },
  learned: {
    value: 0.5,
    unit: 'final training loss / loss of the best constant prediction',
    source: 'this project',
    rationale: 'What has not learned the training samples cannot know them by heart',
  },
} as const;

export const overfitting = defineRule({
  rule: 'overfitting',
  title: 'The network overfits',
  description:
    'Gap between final validation and training loss (without penalty), in units of the loss of the best constant ' +
    'prediction, in a network that has learned its training samples.',
  needs: [],
  thresholds,
  sources: ['Amazon SageMaker Debugger, Overfit', 'Prechelt 1998, Early stopping — but when?'],
  brings_about: [],
  is_consequence: false,
  recorded_as: '`validation_loss` after the last step',
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const { data_loss, validation_data_loss } = trace.final;
    if (validation_data_loss === null)
      return notEvaluable('there is no validation split (data.validation_split is 0)');
    if (trace.constant_loss - trace.least_loss <= 1e-9) return notEvaluable('the targets are constant');
    if (!Number.isFinite(data_loss)) return notEvaluable('the training diverged');
    const learned = lossRatio(trace);
    const gap = validationRatio(trace, validation_data_loss) - learned;
    return {
      kind: 'evaluated',
      found: gap > limits.generalization_gap && learned < limits.learned,
      severity: 'warning',
      layers: [],
      first_step: null,
      evidence: [
        evidenceOf('generalization_gap', gap, limits.generalization_gap, 'gap / constant loss', {
          step: trace.steps_completed,
        }),
        evidenceOf('training_loss_ratio', learned, limits.learned, 'final loss / constant loss', {
          // What is below has learned: one half of the finding, and no fault.
          healthy: null,
          step: trace.steps_completed,
        }),
      ],
    };
  },
  explain: (finding) =>
    `The validation loss lies ${ofConstant(measured(finding, 'generalization_gap')?.value)} above the training loss, which is down at ` +
    `${ofConstant(measured(finding, 'training_loss_ratio')?.value)}: the training samples are known by heart.`,
});
