/** @file A loss that is more than the library's own, as code: class weights, and time steps that are left out. */
import {
  describeData,
  type Experiment,
  outputUnits,
  placedLayers,
  planExperiment,
  resolveLoss,
} from '../experiment/index.ts';
import { flattenLayers } from '../network/index.ts';

export const isWeighted = ({ training }: Experiment): boolean => training.class_weights !== null;

/** Whether the loss leaves time steps out: those that the mask of the last layer leaves out. */
export function isLossMasked(experiment: Experiment): boolean {
  const output = placedLayers(experiment).at(-1)?.name;
  return planExperiment(experiment).layers.some(({ name, mask }) => name === output && mask !== null);
}

/** Whether layers add to the loss. */
export const hasPenalty = (experiment: Experiment): boolean =>
  planExperiment(experiment).layers.some(({ type }) => type === 'penalty');

/** The weights of the losses of second outputs, in the order of the layers that add them. */
export const auxiliaryWeights = (experiment: Experiment): number[] =>
  flattenLayers(placedLayers(experiment)).flatMap(({ type, config }) =>
    type === 'auxiliary_loss' ? [config.weight as number] : [],
  );

const classesOf = (experiment: Experiment): number => describeData(experiment.data).classes ?? 2;

/** Labels of a sample, a time step or a pixel that are balanced each by itself; 1 where there is one, or classes. */
const balancedLabels = (experiment: Experiment): number =>
  experiment.training.class_weights === 'balanced' && resolveLoss(experiment).target === 'binary'
    ? outputUnits(experiment)
    : 1;

/** What a number of each label is multiplied with: of images, labels are on the first axis. */
const labelShape = (experiment: Experiment): string => {
  const behind = planExperiment(experiment).output_shape.length === 3 ? ', 1, 1' : '';
  return `${balancedLabels(experiment)}${behind}`;
};

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
  const several = balancedLabels(experiment) > 1;
  const size = several ? `2, ${labelShape(experiment)}` : String(classesOf(experiment));
  const balanced = `class_weights = torch.ones(${size})  # those of the training split are set in train()`;
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
      : several
        ? ['    weights = torch.where(target > 0.5, class_weights[1], class_weights[0])']
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

/** In `train`, where `y` are the targets: how often each class is there, and each of several labels. */
export function torchBalance(experiment: Experiment): string[] {
  if (experiment.training.class_weights !== 'balanced') return [];
  const labels = balancedLabels(experiment);
  const all = isLossMasked(experiment);
  const masked = all ? ['model.eval()', 'with torch.no_grad(): model(*x)'] : [];
  const padding = all ? '  # padding left out' : '';
  if (labels === 1)
    return [
      ...masked,
      `labels = ${all ? `y.long()[model.mask]${padding}` : 'y.long().flatten()'}`,
      `counts = torch.bincount(labels, minlength=${classesOf(experiment)})`,
      'class_weights[:] = torch.where(counts > 0, labels.numel() / (len(counts) * counts.clamp(min=1)), torch.zeros(len(counts)))',
    ];
  const isImage = planExperiment(experiment).output_shape.length === 3;
  return [
    ...masked,
    `labels = ${all ? `y[model.mask]${padding}` : isImage ? 'y.transpose(0, 1).flatten(1).T' : `y.reshape(-1, ${labels})`}`,
    'ones = labels.mean(0)  # the share of 1 among the targets of each label',
    'shares = torch.stack([1 - ones, ones]).reshape(class_weights.shape)',
    'class_weights[:] = torch.where(shares > 0, 0.5 / shares, torch.zeros_like(shares))',
  ];
}

/** Whether Keras needs a loss of its own: it weighs samples, and time steps, but not what lies within them. */
const isWeighedWithin = (experiment: Experiment): boolean =>
  isWeighted(experiment) &&
  resolveLoss(experiment).target === 'binary' &&
  planExperiment(experiment).output_shape.some((length) => length > 1);

/** The name of the loss, or the loss, for `compile`; and before it, what defines that. */
export function kerasLoss(experiment: Experiment): { readonly lines: string[]; readonly loss: string } {
  const { keras } = resolveLoss(experiment);
  if (!isWeighedWithin(experiment)) return { lines: [], loss: keras };
  const { output_shape } = planExperiment(experiment);
  const behind = output_shape.length === 3 ? ', 1, 1' : '';
  const single = keras.startsWith('"')
    ? `keras.losses.${keras.replaceAll('"', '')}`
    : keras.replace(/\)$/, ', reduction=None)');
  return {
    lines: [
      `class_weights = np.ones((2, ${outputUnits(experiment)}${behind}), dtype="float32")  # those of the training split are set in train()`,
      [
        'def weighted_loss(target, prediction):',
        `    losses = ${single}(target[..., None], prediction[..., None])`,
        '    weights = keras.ops.where(target > 0.5, class_weights[1], class_weights[0])',
        '    return keras.ops.mean(losses * weights, -1)',
        '',
      ].join('\n'),
    ],
    loss: 'weighted_loss',
  };
}

/** In `train`: weights of samples, or of what `kerasLoss` weighs; of mean 1, since Keras divides by the number of samples, not by the sum of weights. */
export function kerasWeights(experiment: Experiment): string[] {
  const { class_weights } = experiment.training;
  if (class_weights === null) return [];
  if (isWeighedWithin(experiment)) {
    const axes = planExperiment(experiment).output_shape.flatMap((_, i, shape) =>
      i === (shape.length === 3 ? 0 : shape.length - 1) ? [] : [i + 1],
    );
    return [
      ...(class_weights === 'balanced'
        ? [
            `ones = y.mean(axis=(${[0, ...axes].join(', ')},))  # the share of 1 among the targets of each label`,
            'shares = np.stack([1 - ones, ones]).reshape(class_weights.shape)',
            'class_weights[:] = np.where(shares > 0, 0.5 / np.maximum(shares, 1e-12), 0)',
          ]
        : class_weights.map((weight, i) => `class_weights[${i}] = ${weight}`)),
      'class_weights[:] = class_weights / np.where(y > 0.5, class_weights[1], class_weights[0]).mean()',
    ];
  }
  const isBinary = resolveLoss(experiment).target === 'binary';
  return [
    ...(class_weights === 'balanced'
      ? [
          `counts = np.bincount(y.astype("int64").ravel(), minlength=${classesOf(experiment)})`,
          'class_weights = np.where(counts > 0, y.size / (len(counts) * np.maximum(counts, 1)), 0)',
        ]
      : [`class_weights = np.array([${class_weights.join(', ')}])`]),
    `weights = class_weights[y.astype("int64")]${isBinary ? '.mean(-1)' : ''}`,
    'weights = weights / weights.mean()',
  ];
}

/** What `fit` is given of them. */
export const kerasSampleWeights = (experiment: Experiment, each: (name: string) => string): string =>
  isWeighted(experiment) && !isWeighedWithin(experiment) ? ` sample_weight=${each('weights')},` : '';
