/** @file What is done to the data before training, as code: shapes, scale, standardization, targets. */
import {
  describeData,
  type Experiment,
  inputsOf,
  learnsInputs,
  planExperiment,
  resolveLoss,
} from '../experiment/index.ts';
import { indented } from './code_stopping.ts';

/** How arrays are written in a library. */
interface Arrays {
  readonly real: (name: string) => string;
  readonly token: (name: string) => string;
  readonly single: (name: string) => string;
  /** Rows of 0 and 1 in float64, of class indices. */
  readonly oneHot: (indices: string, classes: number) => string;
  readonly deviation: string;
  readonly choose: (condition: string, yes: string, no: string) => string;
}

export const torchArrays: Arrays = {
  real: (name) => `torch.as_tensor(${name}, dtype=torch.float64)`,
  token: (name) => `torch.as_tensor(${name}).long()`,
  single: (name) => `${name}.float()`,
  oneHot: (indices, classes) => `torch.nn.functional.one_hot(${indices}, ${classes}).double()`,
  deviation: 'x.std(0, unbiased=False)',
  choose: (condition, yes, no) => `torch.where(${condition}, torch.full_like(${no}, ${yes}), ${no})`,
};

export const kerasArrays: Arrays = {
  real: (name) => `np.asarray(${name}, "float64")`,
  token: (name) => `np.asarray(${name}, "int64")`,
  single: (name) => `${name}.astype("float32")`,
  oneHot: (indices, classes) => `np.eye(${classes})[${indices}]`,
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

/** `prepare(x)` gives the network's inputs in a list, scaled and standardized; tokens as they are. */
export function preparation(experiment: Experiment, arrays: Arrays): string[] {
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
export function targets(
  experiment: Experiment,
  arrays: Arrays,
  { x, y, y_given }: Split = trainingSplit,
): string[] {
  const { output_shape } = planExperiment(experiment);
  const { target, copies, parts } = resolveLoss(experiment);
  const isClass = target === 'classes';
  const wide =
    parts === null
      ? output_shape.with(-1, (output_shape.at(-1) ?? 1) / copies)
      : [parts.reduce((sum, { given }) => sum + given, 0)];
  const shape = [-1, ...(isClass ? output_shape.slice(0, -1) : wide)].join(', ');
  if (isClass) return [`${y} = ${arrays.token(y_given)}.reshape(${shape})`];
  const given = learnsInputs(experiment.data) ? `${x}[0]` : y_given;
  const { classes, also_values } = describeData(experiment.data);
  const isCoded = classes !== null && !also_values;
  const read = isCoded ? arrays.oneHot(arrays.token(given), classes) : arrays.real(given);
  const line = `${y} = ${read}.reshape(${shape})`;
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

export const trainArguments = (experiment: Experiment): string =>
  splitsOf(experiment)
    .flatMap(({ x_given, y_given }) => (learnsInputs(experiment.data) ? [x_given] : [x_given, y_given]))
    .join(', ');

export const describedArguments = (experiment: Experiment): string =>
  `# x_train, y_train: arrays of the training split${experiment.training.early_stopping ? '; x_validation, y_validation: of the validation split' : ''}`;

/** `x_held` and `y_held` in `train`, where it is stopped by them. */
export const heldOut = (experiment: Experiment, arrays: Arrays): string[] =>
  experiment.training.early_stopping
    ? ['x_held = prepare(x_validation)', ...targets(experiment, arrays, validationSplit)]
    : [];
