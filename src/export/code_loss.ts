/** @file A loss that is more than the library's own, as code: class weights, and time steps that are left out. */
import {
  describeData,
  type Experiment,
  placedLayers,
  planExperiment,
  resolveLoss,
} from '../experiment/index.ts';

export const isWeighted = ({ training }: Experiment): boolean => training.class_weights !== null;

/** Whether the loss leaves time steps out: those that the mask of the last layer leaves out. */
export const isLossMasked = (experiment: Experiment): boolean =>
  planExperiment(experiment).layers.some(({ name, mask }) => name === outputOf(experiment) && mask !== null);

/** Whether layers add to the loss. */
export const hasPenalty = (experiment: Experiment): boolean =>
  planExperiment(experiment).layers.some(({ type }) => type === 'penalty');

const outputOf = (experiment: Experiment): string | undefined => placedLayers(experiment).at(-1)?.name;

export const classesOf = (experiment: Experiment): number => describeData(experiment.data).classes ?? 2;

/** @param coded the loss in full from a library's own loss */
export function weightedLoss(experiment: Experiment, coded: (code: string) => string): string[] {
  const { class_weights } = experiment.training;
  // One loss for each position: classes have no mean of their own.
  const single = resolveLoss(experiment)
    .pytorch.replace(
      /(nn\.\w+Loss)\(([^()]*)\)/,
      (_all, name: string, given: string) => `${name}(${given === '' ? '' : `${given}, `}reduction="none")`,
    )
    .replace(/\.mean\(\)/, '');
  const balanced = `class_weights = torch.ones(${classesOf(experiment)})  # those of the training split are set in train()`;
  const given =
    class_weights === null || class_weights === 'balanced'
      ? balanced
      : `class_weights = torch.tensor([${class_weights.join(', ')}], dtype=torch.float32)`;
  return [
    ...(class_weights === null ? [] : [given]),
    `position_loss = ${coded(single)}`,
    'def loss_function(prediction, target):',
    '    losses = position_loss(prediction, target)',
    ...(class_weights === null
      ? ['    weights = torch.ones_like(losses)']
      : ['    weights = class_weights[target.long()]']),
    ...(isLossMasked(experiment)
      ? [
          '    mask = model.mask  # time steps that are not padding',
          '    weights = weights * mask.reshape(*mask.shape, *[1] * (losses.dim() - 2))',
          '    total = weights.sum()',
          '    return torch.where(weights > 0, losses * weights, torch.zeros_like(losses)).sum() / (total if total > 0 else 1)',
        ]
      : ['    return (losses * weights).sum() / weights.sum()']),
    '',
  ];
}
