/** @file A training that stands still far above what the data allow. */
import { attends, type Experiment, isOrderBlind, linearProducts } from '../../experiment/index.ts';
import { lossRatio, type Trace } from '../../statistics/index.ts';
import {
  ABOVE_CONSTANT,
  attainable,
  isCutShort,
  isShortInTraining,
  isUnlearnable,
  progressOf,
  samplesOfReference,
} from '../evidence/progress.ts';
import { defineRule, evidenceOf, type Finding, notEvaluable } from '../rule.ts';
import { beyond, measured, ofConstant } from '../wording.ts';

const thresholds = {
  reference_gap: {
    value: 0.25,
    unit: '(final training loss − loss that the reference reaches) / constant loss',
    source:
      'this project; the reference is a plain network on the same data; as many samples, or fewer where it would take more work',
    rationale: 'A quarter of what there is to learn was there to be had, and was not',
  },
  order_gap: {
    value: 0.25,
    unit: '(final training loss − loss that the reference reaches) / constant loss, of a network that does not see the order of a sequence',
    source: 'Vaswani et al. 2017, arXiv:1706.03762, section 3.5: without positions attention has no order',
    rationale: 'As for reference_gap; the reference sees the order',
  },
  linear_gap: {
    value: 0.05,
    unit: '(final training loss − loss that the reference reaches) / constant loss, of a network without activations between its layers',
    source: 'UMLAUT (CHI 2021): missing activation functions',
    rationale: 'What a network with activations explains further, by more than chance, no linear one can',
  },
  loss_ratio: {
    value: 0.5,
    unit: 'final training loss / loss of the best constant prediction',
    source: 'AUTOTRAINER (ICSE 2021): poor accuracy is what makes a symptom a fault',
    rationale: 'Below half of chance the network has learned',
  },
} as const;

/** The loss also has to be so many times that of the reference: near 0 a difference is chance. */
const TIMES = 3;

/**
 * A single layer whose loss fell by less than this part of a constant's loss has not moved, and nothing can be said of what it is able to
 * learn. The number is the one by which a loss counts as falling (STILL_FALLING in evidence/progress.ts).
 */
const COME = 0.02;

/**
 * Whether being linear is a fault here. Of several layers without activation it always is: they were meant to be more than one.
 * A single layer may be what was wanted. It counts where the loss fell, and then stood still before anything was learned.
 */
function isLinear(experiment: Experiment | null, trace: Trace, isStuck: boolean): boolean {
  const products = experiment === null ? null : linearProducts(experiment);
  const hasCome = lossRatio(trace, trace.initial.data_loss) - lossRatio(trace) > COME;
  return products !== null && (products > 1 || (isStuck && hasCome));
}

const ofLines = (experiment: Experiment | null): string =>
  experiment !== null && linearProducts(experiment) === 1
    ? 'it has no hidden layer, so that it is linear, and the data are not. Put a layer with ReLU before the last.'
    : 'its layers have no activation between them, so that together they are one linear layer, and the data are not linear. Add ReLU.';

const ofOrder = (experiment: Experiment | null): string =>
  `nothing in this network sees the order of a sequence, which the plain network sees. ${
    experiment !== null && attends(experiment)
      ? 'Add a positional embedding.'
      : 'Put a recurrent or a convolutional layer before the pooling over time.'
  }`;

/** A network may lack both activations and positions. Then both are told: neither helps without the other. */
function whyOf(finding: Finding): string {
  const { experiment } = finding;
  const reasons = [
    ...(beyond(finding, 'linear_gap') === undefined ? [] : [ofLines(experiment)]),
    ...(beyond(finding, 'order_gap') === undefined ? [] : [ofOrder(experiment)]),
  ];
  if (reasons.length === 0)
    return 'the data allow more than this network, with these settings, takes from them.';
  return reasons.join(' Besides, ');
}

export const underfitting = defineRule({
  rule: 'underfitting',
  title: 'The network stays far above what can be reached',
  description:
    'Final training loss against the larger of the training and validation loss of the reference, a plain network on the same data ' +
    'with as many samples seen (fewer where it would take more work). Found where the training stands still above half of a constant’s loss and the reference got much further, ' +
    'or far above the reference, or where no layer but the last has an activation and the reference, which has, is clearly better; likewise where nothing in the ' +
    'network sees the order of a sequence, and the reference does.',
  needs: [],
  thresholds,
  sources: ['Karpathy, A Recipe for Training Neural Networks: a baseline that is known to work'],
  brings_about: [],
  is_consequence: true,
  recorded_as: null,
  quorum: 'majority',
  examine(trace, experiment, limits) {
    const limit = attainable(trace);
    if (limit === null) return notEvaluable('no reference was trained on these data');
    const { state, loss_ratio } = progressOf(trace);
    if (state === 'diverged') return notEvaluable('the training diverged');
    const gap = loss_ratio - limit;
    const stuck = state === 'stuck' && gap > limits.reference_gap && loss_ratio > limits.loss_ratio;
    const linear = isLinear(experiment, trace, stuck);
    // A loss above a constant's is nothing that a linear network could not do better.
    const bent =
      linear && gap > limits.linear_gap && loss_ratio > TIMES * limit && loss_ratio < ABOVE_CONSTANT;
    const blind = loss_ratio > limits.loss_ratio && experiment !== null && isOrderBlind(experiment);
    return {
      kind: 'evaluated',
      found:
        stuck ||
        bent ||
        (blind && gap > limits.order_gap) ||
        (isShortInTraining(trace) && !isCutShort(trace)),
      // What the reference cannot learn either is no fault of the network.
      severity: isUnlearnable(trace) ? 'info' : 'warning',
      layers: [],
      first_step: null,
      evidence: [
        evidenceOf('reference_gap', gap, limits.reference_gap, 'difference / constant loss', {
          step: trace.steps_completed,
        }),
        evidenceOf('loss_ratio', loss_ratio, limits.loss_ratio, 'final loss / constant loss', {
          step: trace.steps_completed,
        }),
        evidenceOf('reference_loss_ratio', limit, null, 'loss / constant loss'),
        ...(blind ? [evidenceOf('order_gap', gap, limits.order_gap, 'difference / constant loss')] : []),
        ...(linear && loss_ratio < ABOVE_CONSTANT
          ? [evidenceOf('linear_gap', gap, limits.linear_gap, 'difference / constant loss')]
          : []),
      ],
    };
  },
  explain(finding) {
    const ratio = ofConstant(measured(finding, 'loss_ratio')?.value);
    const reference = ofConstant(measured(finding, 'reference_loss_ratio')?.value);
    const [trace] = finding.traces;
    const samples = trace === undefined ? 'with as many samples' : samplesOfReference(trace);
    return `It ends at ${ratio}, where a plain network reaches ${reference} ${samples}: ${whyOf(finding)}`;
  },
});
