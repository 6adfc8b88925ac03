/** @file What Keras' `compile` was told → loss, optimizer, clipping, schedule. What it does not say is filled in, with a warning. */
import { lossKind, optimizerKind } from '../../network/index.ts';
import { nearest } from '../../util/nearest.ts';
import { isObject, type Json, Options, type Serialized, serialized } from './config.ts';
import type { Penalty } from './context.ts';

/** What the last layer gives. */
export type OutputKind = 'softmax' | 'sigmoid' | 'other';

export interface NamedOutput {
  readonly name: string;
  readonly kind: OutputKind;
}

interface Told {
  readonly loss?: unknown;
  readonly training: Record<string, unknown>;
}

const toSnake = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('KL', 'Kl')
    .toLowerCase();

const losses: ReadonlyMap<string, string> = new Map([
  ['mse', 'mean_squared_error'],
  ['mean_squared_error', 'mean_squared_error'],
  ['mae', 'mean_absolute_error'],
  ['mean_absolute_error', 'mean_absolute_error'],
  ['huber', 'huber'],
  ['huber_loss', 'huber'],
  ['binary_crossentropy', 'binary_cross_entropy'],
  ['categorical_crossentropy', 'categorical_cross_entropy'],
  ['sparse_categorical_crossentropy', 'categorical_cross_entropy'],
  ['poisson', 'poisson'],
  ['kl_divergence', 'kl_divergence'],
  ['kldivergence', 'kl_divergence'],
  ['kullback_leibler_divergence', 'kl_divergence'],
  ['kld', 'kl_divergence'],
  ['hinge', 'hinge'],
  ['log_cosh', 'log_cosh'],
  ['logcosh', 'log_cosh'],
  ['binary_focal_crossentropy', 'sigmoid_focal_cross_entropy'],
  ['categorical_focal_crossentropy', 'softmax_focal_cross_entropy'],
]);

const onLogits: ReadonlyMap<string, string> = new Map([
  ['binary_cross_entropy', 'sigmoid_cross_entropy'],
  ['categorical_cross_entropy', 'softmax_cross_entropy'],
]);

/** One loss, not one for each of several outputs. */
function singleLoss(value: unknown): Serialized | null {
  const one = serialized(value);
  if (one !== null) return one;
  const all = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return all.length === 1 ? serialized(all[0]) : null;
}

function lossOf(value: unknown, output: OutputKind, warnings: Set<string>): unknown {
  const given = singleLoss(value);
  const name = given === null ? '' : toSnake(given.class.split(/[>.]/).at(-1) ?? '');
  const known = losses.get(name);
  if (given === null || known === undefined || !(lossKind.types as readonly string[]).includes(known)) {
    const near = nearest(name, lossKind.types);
    warnings.add(
      `the loss ${JSON.stringify(given?.class ?? value ?? null).slice(0, 100)} is not known here${near === null ? '' : `; the nearest is ${near}`}`,
    );
    return lossOfOutput(output, warnings);
  }
  const options = new Options(given.config, `the loss ${given.class}`);
  if (known.includes('focal')) return focalOf(known, options, output, warnings);
  if (known === 'huber') return { type: 'huber', delta: options.number('delta', 1) };
  if (options.bool('from_logits', false)) return onLogits.get(known) ?? known;
  if (known === 'categorical_cross_entropy' && output !== 'softmax')
    warnings.add(
      'Keras divides the outputs by their sum before categorical_crossentropy; categorical_cross_entropy does not, ' +
        'which differs where the last layer is no softmax',
    );
  return known;
}

/** Of the loss; nothing where it is 0, or where it is not known, which is told. */
function smoothingOf(value: unknown, loss: unknown, warnings: Set<string>): Record<string, unknown> {
  const given = singleLoss(value);
  const amount = given === null ? 0 : new Options(given.config, 'the loss').number('label_smoothing', 0);
  if (amount === 0) return {};
  const type = lossKind.types.find((one) => one === loss);
  if (type !== undefined && lossKind.resolve(type).smoothing !== null) return { label_smoothing: amount };
  warnings.add(`label_smoothing ${amount} of the loss is left out`);
  return {};
}

/** Here focal losses are on logits. */
function focalOf(type: string, options: Options, output: OutputKind, warnings: Set<string>): unknown {
  if (!options.bool('from_logits', false)) {
    warnings.add(
      `the focal loss is of probabilities; ${type} takes the numbers before the last activation: make that linear`,
    );
    return lossOfOutput(output, warnings);
  }
  const gamma = options.number('gamma', 2);
  if (type === 'softmax_focal_cross_entropy') {
    const alpha = options.number('alpha', 0.25);
    if (alpha !== 1) warnings.add(`alpha ${alpha} of the loss, a factor on all of it, is left out`);
    return { type, gamma };
  }
  const alpha = options.bool('apply_class_balancing', false) ? options.number('alpha', 0.25) : null;
  return { type, gamma, alpha };
}

const byOutput: Readonly<Record<OutputKind, string>> = {
  softmax: 'categorical_cross_entropy',
  sigmoid: 'binary_cross_entropy',
  other: 'mean_squared_error',
};

function lossOfOutput(output: OutputKind, warnings: Set<string>): string {
  const loss = byOutput[output];
  warnings.add(`training.loss is ${loss}, which fits the last layer: choose your own`);
  return loss;
}

/** What is told of one of several outputs: by its place, by its name, or of all alike. */
function toldOf(value: unknown, outputs: readonly NamedOutput[], at: number): unknown {
  if (Array.isArray(value)) return value[at];
  if (!isObject(value) || serialized(value) !== null) return value;
  const { name } = outputs[at] as NamedOutput;
  return value[name] ?? null;
}

/** A loss for each output; one without is not trained. */
function jointOf(compiled: Json | null, outputs: readonly NamedOutput[], warnings: Set<string>): unknown {
  const parts = outputs.map(({ name, kind }, i) => {
    const given = toldOf(compiled?.loss ?? null, outputs, i) ?? null;
    const weight = toldOf(compiled?.loss_weights ?? null, outputs, i) ?? 1;
    if (compiled?.loss && given === null) {
      warnings.add(`the output "${name}" has no loss in the model: its weight is 0`);
      return { loss: byOutput[kind], weight: 0 };
    }
    const loss = given === null ? lossOfOutput(kind, warnings) : lossOf(given, kind, warnings);
    smoothingOf(given, null, warnings);
    return { loss, weight: typeof weight === 'number' ? weight : 1 };
  });
  warnings.add(
    `the outputs are ${outputs.map(({ name }) => `"${name}"`).join(', ')}: the targets of a sample are those of each, one after another in one list`,
  );
  return { type: 'joint', outputs: parts };
}

/** Options of each optimizer that Keras has under the same name. */
const passed: ReadonlyMap<string, readonly string[]> = new Map([
  ['sgd', ['momentum', 'nesterov']],
  ['adam', ['beta_1', 'beta_2', 'epsilon']],
  ['adamw', ['beta_1', 'beta_2', 'epsilon', 'weight_decay']],
  ['nadam', ['beta_1', 'beta_2', 'epsilon']],
  ['rmsprop', ['rho', 'momentum', 'epsilon', 'centered']],
  ['adagrad', ['initial_accumulator_value', 'epsilon']],
  ['lion', ['beta_1', 'beta_2']],
]);

const DEFAULT_OPTIMIZER = { type: 'adam', learning_rate: 0.001 };

function scheduleOf(value: Serialized, warnings: Set<string>): Record<string, unknown> {
  const options = new Options(value.config, value.class);
  const start = options.number('initial_learning_rate', 0.001);
  const steps = options.has('decay_steps') ? options.number('decay_steps') : 1;
  const staircase = value.class === 'ExponentialDecay' && options.bool('staircase', false);
  if (value.class === 'ExponentialDecay') {
    const rate = options.number('decay_rate');
    const schedule = staircase
      ? { type: 'step', step_size: steps, gamma: rate }
      : { type: 'exponential', decay_steps: steps, decay_rate: rate };
    return { learning_rate: start, schedule };
  }
  if (value.class === 'CosineDecay' && !options.has('warmup_target'))
    return {
      learning_rate: start,
      schedule: { type: 'cosine', decay_steps: steps, alpha: options.number('alpha', 0) },
    };
  warnings.add(`the learning-rate schedule ${value.class} is left out; the rate stays ${start}`);
  return { learning_rate: start };
}

function optimizerOf(value: unknown, warnings: Set<string>): Record<string, unknown> {
  const given = serialized(value);
  if (given === null) return { optimizer: DEFAULT_OPTIMIZER };
  const type = toSnake(given.class.split(/[>.]/).at(-1) ?? '')
    .replaceAll('_', '')
    .replace(/^adamw$/, 'adamw');
  const options = new Options(given.config, `the optimizer ${given.class}`);
  const names = passed.get(type);
  if (names === undefined) {
    const near = nearest(type, optimizerKind.types) ?? 'adam';
    warnings.add(`the optimizer ${given.class} is not known here; it is ${near} instead`);
    return { optimizer: { type: near } };
  }
  const rate = options.of.learning_rate ?? options.of.lr;
  const schedule = typeof rate === 'number' || rate === undefined ? null : serialized(rate);
  const scheduled = schedule === null ? {} : scheduleOf(schedule, warnings);
  const learning_rate = typeof rate === 'number' ? rate : scheduled.learning_rate;
  warnOfOthers(options, type, warnings);
  const own = names.flatMap((name) => (options.has(name) ? [[name, options.of[name]] as const] : []));
  return {
    optimizer: { type, ...(learning_rate !== undefined && { learning_rate }), ...Object.fromEntries(own) },
    ...(scheduled.schedule !== undefined && { learning_rate_schedule: scheduled.schedule }),
    ...clippingOf(options),
  };
}

function warnOfOthers(options: Options, type: string, warnings: Set<string>): void {
  for (const name of ['amsgrad', 'use_ema'])
    if (options.of[name] === true) warnings.add(`${name} of the optimizer is left out`);
  if (typeof options.of.decay === 'number' && options.of.decay !== 0)
    warnings.add(
      `decay ${options.of.decay} of the optimizer is left out; a learning_rate_schedule of your own can stand for it`,
    );
  if (type !== 'adamw' && typeof options.of.weight_decay === 'number' && options.of.weight_decay !== 0)
    warnings.add('weight_decay of the optimizer is left out; adamw has it, and training.regularization');
}

function clippingOf(options: Options): Record<string, unknown> {
  const positive = (key: string) => typeof options.of[key] === 'number' && (options.of[key] as number) > 0;
  if (positive('global_clipnorm'))
    return { gradient_clipping: { type: 'global_norm', max_norm: options.number('global_clipnorm') } };
  if (positive('clipnorm'))
    return { gradient_clipping: { type: 'norm', max_norm: options.number('clipnorm') } };
  if (positive('clipvalue'))
    return { gradient_clipping: { type: 'value', max_value: options.number('clipvalue') } };
  return {};
}

/** One factor for all kernels: that of those that have one, if they agree. */
function regularizationOf(penalties: readonly Penalty[], warnings: Set<string>): Record<string, unknown> {
  const penalized = penalties.filter(({ l1, l2 }) => l1 > 0 || l2 > 0);
  const [first] = penalized;
  if (first === undefined) return {};
  const { l1, l2 } = first;
  if (penalized.length < penalties.length || penalized.some((other) => other.l1 !== l1 || other.l2 !== l2))
    warnings.add(
      `regularization of this service is for all kernels alike: l1 ${l1}, l2 ${l2}, as "${first.layer}" has it; in the model it differs by layer`,
    );
  return { regularization: { l1, l2 } };
}

function lossesOf(
  compiled: Json | null,
  outputs: readonly NamedOutput[],
  warnings: Set<string>,
): Record<string, unknown> {
  if (outputs.length > 1) return { loss: jointOf(compiled, outputs, warnings) };
  const loss = compiled?.loss ?? null;
  const kind = outputs[0]?.kind ?? 'other';
  const own = loss === null ? lossOfOutput(kind, warnings) : lossOf(loss, kind, warnings);
  return { loss: own, ...smoothingOf(loss, own, warnings) };
}

const EPOCHS = 10;

/**
 * @param compiled `compile_config` of Keras 3, `training_config` of Keras 2 and TensorFlow.js, or null
 * @param outputs of the model, in their order
 */
export function trainingOf(
  compiled: Json | null,
  outputs: readonly NamedOutput[],
  penalties: readonly Penalty[],
  warnings: Set<string>,
): Told['training'] {
  const optimizer = compiled?.optimizer_config ?? compiled?.optimizer ?? null;
  if (optimizer === null)
    warnings.add(
      `training.optimizer is adam with a learning rate of ${DEFAULT_OPTIMIZER.learning_rate}, because the file names none`,
    );
  warnings.add(
    `how long it was trained, and on what, is not in the file: training.epochs is ${EPOCHS}, batch_size 32; class_weight, callbacks and validation_split are yours to give`,
  );
  return {
    ...lossesOf(compiled, outputs, warnings),
    ...optimizerOf(optimizer, warnings),
    ...regularizationOf(penalties, warnings),
    batch_size: 32,
    epochs: EPOCHS,
  };
}
