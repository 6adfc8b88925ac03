/** @file Loss and output fit each other, but not the task, or the layers before: what may be meant, and often is not. */
import type { DataSummary } from '../data/index.ts';
import { flattenLayers, outputLayers, type PlacedLayer } from '../network/index.ts';
import { type LossMismatch, outputRange } from './loss_mismatch.ts';
import { placedLayers, planExperiment, resolveLoss } from './plan.ts';
import type { Experiment } from './schema.ts';

const isSoftmax = ({ config }: PlacedLayer): boolean => {
  const activation = config.activation as { type?: string } | string | undefined;
  return (typeof activation === 'string' ? activation : activation?.type) === 'softmax';
};

const hint = (what: string, message: string): LossMismatch => ({ what, severity: 'warning', message });

function ofSoftmaxes(experiment: Experiment): LossMismatch | null {
  const layers = placedLayers(experiment);
  const outputs = outputLayers(layers);
  const names = new Set(outputs.map(({ name }) => name));
  if (outputs.filter(isSoftmax).length > 1) {
    const message =
      'softmax is applied twice: of numbers between 0 and 1 it makes nearly equal ones. Remove one of them';
    return hint('softmax_twice', message);
  }
  const hidden = flattenLayers(layers).find((layer) => isSoftmax(layer) && !names.has(layer.name));
  if (hidden === undefined) return null;
  const message =
    `${hidden.name} has softmax between hidden layers: its units share a sum of 1, so that little of what they know passes. Use ReLU ` +
    'there, unless it is a gate that is meant to choose';
  return hint('softmax_between_layers', message);
}

/** Losses of values in any unit, which see no more in a 0 or 1 than a number. */
const OF_VALUES = ['mean_squared_error', 'mean_absolute_error', 'huber', 'log_cosh', 'quantile', 'quantiles'];

function ofClasses(experiment: Experiment, softmax: boolean): LossMismatch | null {
  const { target, type } = resolveLoss(experiment);
  const classes = planExperiment(experiment).output_shape.at(-1);
  if (target === 'binary') {
    const message =
      `each sample has one of ${classes} classes, but ${type} asks ${classes} questions of yes or no, most of which are answered by no: ` +
      'give the class indices as targets, and use softmax_cross_entropy';
    return hint('classes_under_binary_loss', message);
  }
  if (!softmax && !OF_VALUES.includes(type)) return null;
  const why = softmax
    ? 'where softmax is sure and wrong its gradient is nearly 0'
    : 'a wrong answer that is far off counts no more than one nearby, and a right one that is sure counts as wrong';
  const message =
    `the targets are classes, coded as 0 and 1, under ${type}: ${why}. Give the class indices as targets, and use ` +
    (softmax ? 'categorical_cross_entropy' : 'softmax_cross_entropy');
  return hint('values_loss_on_classes', message);
}

/** The loss has a logarithm of the output, which is none below 0. */
function ofCounts(experiment: Experiment): LossMismatch | null {
  const { low, name } = outputRange(experiment);
  if (!resolveLoss(experiment).positive || low >= 0) return null;
  const message =
    `the loss takes the mean of a count, which is positive, and its logarithm, but ${name} gives numbers below 0 as well: there the loss is ` +
    'not a number. End with exponential or softplus';
  return hint('any_number_before_poisson', message);
}

/** @returns null where nothing looks as if something else was meant */
export function lossHint(
  experiment: Experiment,
  { target_rows: rows }: Pick<DataSummary, 'target_rows'>,
): LossMismatch | null {
  const softmaxes = ofSoftmaxes(experiment);
  if (softmaxes !== null) return softmaxes;
  const counts = ofCounts(experiment);
  if (counts !== null) return counts;
  const { type } = resolveLoss(experiment);
  const softmax = outputLayers(placedLayers(experiment)).some(isSoftmax);
  if (rows === null) return null;
  if (softmax && rows === 'other') {
    const instead =
      type === 'kl_divergence'
        ? 'sigmoid and binary_cross_entropy for answers that are independent, since this loss compares distributions'
        : 'sigmoid for answers that are independent, or with a linear layer for values';
    const message =
      'softmax gives outputs that sum to 1, but the targets of a sample do not: it cannot answer yes to two of them, or no to all. End ' +
      `with ${instead}`;
    return hint('softmax_of_independent_targets', message);
  }
  if (type === 'kl_divergence') return null;
  if (rows === 'binary' && OF_VALUES.includes(type)) {
    const message =
      `the targets are two classes, 0 and 1, under ${type}: it stands still where all answers are the same. End with one unit and ` +
      'sigmoid, and use binary_cross_entropy';
    return hint('values_loss_on_two_classes', message);
  }
  return rows === 'one_hot' ? ofClasses(experiment, softmax) : null;
}
