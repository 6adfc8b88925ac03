/** @file The training of an experiment as code: what is done to the data, batches, class weights, schedule, steps. */
import {
  describeData,
  type Experiment,
  inputsOf,
  learnsInputs,
  placedLayers,
  planExperiment,
  resolveLoss,
} from '../experiment/index.ts';
import { clippingKind, scheduleKind } from '../network/index.ts';
import { indented, kerasStopping, torchStopping } from './code_stopping.ts';
import { isScaledOnData } from './torch_initialization.ts';

/** How arrays are written in a library. */
interface Arrays {
  readonly real: (name: string) => string;
  readonly token: (name: string) => string;
  readonly single: (name: string) => string;
  readonly deviation: string;
  readonly choose: (condition: string, yes: string, no: string) => string;
}

const torchArrays: Arrays = {
  real: (name) => `torch.as_tensor(${name}, dtype=torch.float64)`,
  token: (name) => `torch.as_tensor(${name}).long()`,
  single: (name) => `${name}.float()`,
  deviation: 'x.std(0, unbiased=False)',
  choose: (condition, yes, no) => `torch.where(${condition}, torch.full_like(${no}, ${yes}), ${no})`,
};

const kerasArrays: Arrays = {
  real: (name) => `np.asarray(${name}, "float64")`,
  token: (name) => `np.asarray(${name}, "int64")`,
  single: (name) => `${name}.astype("float32")`,
  deviation: 'x.std(0)',
  choose: (condition, yes, no) => `np.where(${condition}, ${yes}, ${no})`,
};

/** A feature that is constant is only centred. */
const standardized = ({ deviation, choose }: Arrays): string => `moments = {}
def standardized(name, x):
    """By the mean and deviation of each feature of the training split, which the first call sees."""
    if name not in moments:
        spread = ${deviation}
        moments[name] = x.mean(0), ${choose('(x == x[0]).all(0)', '1', 'spread')}
    mean, std = moments[name]
    return (x - mean) / std
`;

const PLATEAU = `class ReduceOnPlateau:
    def __init__(self, drop, patience, min_delta, min_factor, steps_per_epoch):
        self.drop, self.patience, self.min_delta, self.min_factor = drop, patience, min_delta, min_factor
        self.steps_per_epoch, self.factor, self.best, self.waited, self.losses = steps_per_epoch, 1.0, float("inf"), 0, []
    def observe(self, loss):
        self.losses.append(loss)
        if len(self.losses) < self.steps_per_epoch: return
        mean, self.losses = sum(self.losses) / len(self.losses), []
        self.waited = 0 if mean < self.best - self.min_delta else self.waited + 1
        self.best = min(self.best, mean)
        if self.waited >= self.patience:
            self.factor, self.waited = max(self.factor * self.drop, self.min_factor), 0
`;

/** `prepare(x)` gives the network's inputs in a list, scaled and standardized; tokens as they are. */
function preparation(experiment: Experiment, arrays: Arrays): string[] {
  const inputs = inputsOf(experiment);
  const { scale, standardize, standardize_targets } = experiment.data;
  const names = inputs.length === 1 ? ['x'] : inputs.map((_, i) => `x_${i}`);
  const lines = inputs.flatMap(({ shape, dtype }, i) => {
    const name = names[i] ?? 'x';
    const shaped = (code: string) => `${name} = ${code}.reshape(${[-1, ...shape].join(', ')})`;
    if (dtype === 'token') return [shaped(arrays.token(name))];
    return [
      shaped(arrays.real(name)) + (scale === 1 ? '' : ` * ${scale}`),
      ...(standardize ? [`${name} = standardized(${i}, ${name})`] : []),
      `${name} = ${arrays.single(name)}`,
    ];
  });
  const order = inputs.map(({ name, shape }) => `${name} [samples, ${shape.join(', ')}]`).join(', ');
  return [
    ...(standardize || standardize_targets ? [standardized(arrays)] : []),
    `# x: ${inputs.length === 1 ? 'an array' : 'a list of arrays'}, ${order.replaceAll(/[\r\n]/g, ' ')}`,
    'def prepare(x):',
    ...indented([
      ...(inputs.length === 1 ? [] : [`${names.join(', ')} = x`]),
      ...lines,
      `return [${names.join(', ')}]`,
    ]),
    '',
  ];
}

/** Names of arrays in the code: those that are given, and what is made of them. */
interface Split {
  readonly x_given: string;
  readonly y_given: string;
  readonly x: string;
  readonly y: string;
}

const trainingSplit: Split = { x_given: 'x_train', y_given: 'y_train', x: 'x', y: 'y' };
const validationSplit: Split = {
  x_given: 'x_validation',
  y_given: 'y_validation',
  x: 'x_held',
  y: 'y_held',
};

/** Statements that make `y` of `y_train`: class indices, or numbers of the output's shape. */
function targets(experiment: Experiment, arrays: Arrays, { x, y, y_given }: Split = trainingSplit): string[] {
  const { output_shape } = planExperiment(experiment);
  const isClass = resolveLoss(experiment).target === 'classes';
  const shape = [-1, ...(isClass ? output_shape.slice(0, -1) : output_shape)].join(', ');
  if (isClass) return [`${y} = ${arrays.token(y_given)}.reshape(${shape})`];
  const given = learnsInputs(experiment.data) ? `${x}[0]` : y_given;
  const line = `${y} = ${arrays.real(given)}.reshape(${shape})`;
  return [
    line,
    ...(experiment.data.standardize_targets
      ? [`${y} = standardized("y", ${y})  # a prediction p stands for mean + std * p, of moments["y"]`]
      : []),
    `${y} = ${arrays.single(y)}`,
  ];
}

/** The training split, and the validation split where the training is stopped by it. */
const splitsOf = ({ training }: Experiment): Split[] =>
  training.early_stopping ? [trainingSplit, validationSplit] : [trainingSplit];

const arguments_ = (experiment: Experiment): string =>
  splitsOf(experiment)
    .flatMap(({ x_given, y_given }) => (learnsInputs(experiment.data) ? [x_given] : [x_given, y_given]))
    .join(', ');

const describedArguments = (experiment: Experiment): string =>
  `# x_train, y_train: arrays of the training split${experiment.training.early_stopping ? '; x_validation, y_validation: of the validation split' : ''}`;

/** `x_held` and `y_held` in `train`, where it is stopped by them. */
const heldOut = (experiment: Experiment, arrays: Arrays): string[] =>
  experiment.training.early_stopping
    ? ['x_held = prepare(x_validation)', ...targets(experiment, arrays, validationSplit)]
    : [];

export const isWeighted = ({ training }: Experiment): boolean => training.class_weights !== null;

/** Whether the loss leaves time steps out: those that the mask of the last layer leaves out. */
export const isLossMasked = (experiment: Experiment): boolean =>
  planExperiment(experiment).layers.some(({ name, mask }) => name === outputOf(experiment) && mask !== null);

const outputOf = (experiment: Experiment): string | undefined => placedLayers(experiment).at(-1)?.name;

const classesOf = (experiment: Experiment): number => describeData(experiment.data).classes ?? 2;

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

function scheduleOf(experiment: Experiment, stepsPerEpoch: number): { lines: string[]; plateau: boolean } {
  const plan = scheduleKind.resolve(experiment.training.learning_rate_schedule);
  const { factor, plateau } = plan.python(
    { totalSteps: planExperiment(experiment).steps, stepsPerEpoch },
    'k',
  );
  if (factor === '1') return { lines: [], plateau: false };
  return {
    lines: [
      ...(plateau === undefined ? [] : [PLATEAU, `plateau = ${plateau}`]),
      `factor = lambda k: ${factor}  # on the learning rate of step k`,
    ],
    plateau: plateau !== undefined,
  };
}

/** Epochs end to end, cut into batches of one size, as the service has them. */
const torchOrder = (shuffle: boolean): string => `def sample_order(count):
    while True: yield from ${shuffle ? 'torch.randperm(count).tolist()' : 'range(count)'}
`;

/** Follows the model, its loss and its optimizer: `train(x_train, y_train)` gives the loss of each step. */
export function torchTraining(experiment: Experiment): string[] {
  const { training, data } = experiment;
  const { steps, batch_size, steps_per_epoch } = planExperiment(experiment);
  const clipping =
    training.gradient_clipping === null ? null : clippingKind.resolve(training.gradient_clipping).pytorch;
  const { l1, l2 } = training.regularization;
  const schedule = scheduleOf(experiment, steps_per_epoch);
  const isScheduled = schedule.lines.length > 0;
  return [
    ...schedule.lines,
    ...preparation(experiment, torchArrays),
    torchOrder(data.shuffle),
    describedArguments(experiment),
    `def train(${arguments_(experiment)}):`,
    ...indented([
      'from torch.utils.data import DataLoader, TensorDataset',
      'x = prepare(x_train)',
      ...targets(experiment, torchArrays),
      ...(training.class_weights === 'balanced'
        ? [
            ...(isLossMasked(experiment)
              ? [
                  'model.eval()',
                  'with torch.no_grad(): model(*x)',
                  'labels = y.long()[model.mask]  # padding left out',
                ]
              : ['labels = y.long().flatten()']),
            `counts = torch.bincount(labels, minlength=${classesOf(experiment)})`,
            'class_weights[:] = torch.where(counts > 0, labels.numel() / (len(counts) * counts.clamp(min=1)), torch.zeros(len(counts)))',
          ]
        : []),
      ...heldOut(experiment, torchArrays),
      ...(training.early_stopping ? ['best, waited, kept = float("inf"), 0, None'] : []),
      `batches = DataLoader(TensorDataset(*x, y), batch_size=min(${batch_size}, len(y)), sampler=sample_order(len(y)))`,
      ...(isScheduled ? ['schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)'] : []),
      'losses = []',
      'model.train()',
      `for step, (*inputs, target) in zip(range(${steps}), batches):`,
      ...indented([
        ...(isScaledOnData(experiment)
          ? ['if step == 0: scale_to_unit_variance(model, scaled, inputs)']
          : []),
        'optimizer.zero_grad()',
        `loss = loss_function(model(*inputs), target)${l1 > 0 || l2 > 0 ? ' + penalty()' : ''}`,
        'loss.backward()',
        ...(clipping === null ? [] : [clipping]),
        'optimizer.step()',
        'losses.append(loss.item())',
        ...(schedule.plateau ? ['plateau.observe(losses[-1])'] : []),
        ...(isScheduled ? ['schedule.step()'] : []),
        ...torchStopping(experiment),
      ]),
      ...(training.early_stopping ? ['if kept is not None: model.load_state_dict(kept)'] : []),
      'model.eval()',
      'return losses',
    ]),
    '',
    `# losses = train(${arguments_(experiment)}); then model(*prepare(x)) predicts`,
  ];
}

function kerasCallback(steps: number, isScheduled: boolean, plateau: boolean): string {
  return [
    'class Steps(keras.callbacks.Callback):',
    '    def on_train_begin(self, logs=None):',
    `        self.k${isScheduled ? ', self.rate' : ''} = 0${isScheduled ? ', float(self.model.optimizer.learning_rate)' : ''}`,
    ...(isScheduled
      ? [
          '    def on_train_batch_begin(self, batch, logs=None):',
          '        self.model.optimizer.learning_rate = self.rate * factor(self.k)',
        ]
      : []),
    '    def on_train_batch_end(self, batch, logs=None):',
    '        self.k += 1',
    `        if self.k == ${steps}: self.model.stop_training = True`,
    ...(plateau ? ['    def on_epoch_end(self, epoch, logs=None): plateau.observe(logs["loss"])'] : []),
    '',
  ].join('\n');
}

/** Class weights as weights of samples, of mean 1: Keras divides by the number of samples, not by the sum of weights. */
function kerasWeights(experiment: Experiment): string[] {
  const { class_weights } = experiment.training;
  if (class_weights === null) return [];
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

/** Follows the compiled model: `train(x_train, y_train)` gives the history. */
export function kerasTraining(experiment: Experiment): string[] {
  const { steps, batch_size, steps_per_epoch } = planExperiment(experiment);
  const { lines, plateau } = scheduleOf(experiment, 1);
  const x = inputsOf(experiment).length === 1 ? 'x[0]' : 'x';
  const weights = kerasWeights(experiment);
  const stops = Boolean(experiment.training.early_stopping);
  return [
    ...lines,
    ...preparation(experiment, kerasArrays),
    kerasCallback(steps, lines.length > 0, plateau),
    ...kerasStopping(experiment),
    describedArguments(experiment),
    `def train(${arguments_(experiment)}):`,
    ...indented([
      'x = prepare(x_train)',
      ...targets(experiment, kerasArrays),
      ...weights,
      ...heldOut(experiment, kerasArrays),
      `return model.fit(\n    ${x}, y, batch_size=${batch_size}, epochs=${Math.ceil(steps / steps_per_epoch)}, ` +
        `shuffle=${experiment.data.shuffle ? 'True' : 'False'},${weights.length > 0 ? ' sample_weight=weights,' : ''} callbacks=[Steps()${stops ? `, KeepBest(${x.replace('x', 'x_held')}, y_held)` : ''}],\n)`,
    ]),
    '',
    `# history = train(${arguments_(experiment)}); then model.predict(${inputsOf(experiment).length === 1 ? 'prepare(x)[0]' : 'prepare(x)'})`,
  ];
}
