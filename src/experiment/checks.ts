/** @file What the schema cannot say: whether network, data and training fit each other. */
import {
  channelsFirst,
  channelsLastHint,
  classesAs,
  type DataDescription,
  fitsOutput,
  isChannelsLast,
  wantedOutput,
} from '../data/index.ts';
import { GraphShapeError } from '../graph/index.ts';
import {
  countLayers,
  type Loss,
  lossKind,
  MAX_LAYERS,
  type NetworkInput,
  type PlacedLayer,
  placeNetwork,
} from '../network/index.ts';
import { checkInitialWeights } from './initial_weights.ts';
import { checkInputs, checkNames, checkTargets, checkTokens, dataOf } from './input_checks.ts';
import { checkParts } from './output_checks.ts';
import { inputsOf, type Plan, planExperiment, resolveLoss } from './plan.ts';
import type { Problem } from './problems.ts';
import type { Experiment } from './schema.ts';
import { classUnits, renumbered, suitableLosses, unreadableTargets } from './unreadable_targets.ts';

const text = (shape: readonly number[]) => `[${shape.join(', ')}]`;

function checkSteps({ training }: Experiment): Problem[] {
  if ((training.steps === undefined) !== (training.epochs === undefined)) return [];
  const both = training.steps !== undefined;
  return [
    {
      pointer: both ? '/training/epochs' : '/training/steps',
      message: both ? 'both steps and epochs are given' : 'neither steps nor epochs is given',
      fix: both ? 'remove one of them' : 'add "steps": 300',
    },
  ];
}

/** A last layer that gives this shape. */
const outputFix = (wanted: readonly number[]): string => {
  const time = wanted.length > 1 ? ` for each of ${wanted.slice(0, -1).join(' × ')} time steps` : '';
  return `end with { "type": "dense", "units": ${wanted.at(-1)} }${time}`;
};

const unitsNeeded = (loss: Loss, { classes }: DataDescription): string =>
  loss.target === 'classes' && classes !== null ? `${classUnits(classes)}: ` : '';

/** A network with one unit a class, under a loss that reads the classes as the numbers 0, 1, …: another loss is meant as often. */
function classesAsNumbers(
  loss: Loss,
  { classes }: DataDescription,
  last: number | undefined,
): [string, string] {
  if (loss.target === 'classes' || classes === null || last !== classes) return ['', ''];
  return [
    `${loss.type} reads these ${classes} classes as the numbers 0 to ${classes - 1}: `,
    `; or keep one unit per class and use one of: ${suitableLosses('classes')}`,
  ];
}

/** One-hot targets, as Keras takes them under a cross-entropy of classes: read as they are here, they would be a class for each time step. */
const isRowPerClass = (loss: Loss, data: DataDescription, output: readonly number[]): boolean =>
  loss.target === 'classes' &&
  data.classes === 2 &&
  data.target_shape.length === 1 &&
  output.length === 1 &&
  data.target_shape[0] === output[0];

function checkOutput(loss: Loss, data: DataDescription, { output_shape, layers }: Plan): Problem[] {
  if (loss.parts !== null) return [];
  const wanted = wantedOutput(data, loss.target);
  if (wanted === null) return [unreadableTargets(loss, data)];
  if (fitsOutput(data, loss.target, output_shape, loss.copies)) return [];
  const units = [...wanted.slice(0, -1), (wanted.at(-1) ?? 1) * loss.copies];
  if (isRowPerClass(loss, data, output_shape)) {
    const [units] = data.target_shape;
    return [
      {
        pointer: '/data/targets',
        message: `${loss.type} reads the class of each sample, 0 to ${(units ?? 0) - 1}, and these are rows of ${units} numbers, 0 and 1`,
        fix: `give the index of the 1 in each row; where a row has several, its labels do not exclude each other: end with sigmoid, and use binary_cross_entropy`,
      },
    ];
  }
  const [reading, otherLoss] = classesAsNumbers(loss, data, output_shape.at(-1));
  return [
    {
      pointer: layers.at(-1)?.pointer ?? '/network/layers',
      message:
        `${unitsNeeded(loss, data)}${reading}the last layer gives ${text(output_shape)} but ${loss.type} on this data set needs ` +
        `${text(units)}${loss.copies === 1 ? '' : `: ${loss.copies} for each target`}`,
      fix: outputFix(units) + otherLoss + renumbered(loss, data),
    },
  ];
}

function checkClassWeights({ training }: Experiment, loss: Loss, data: DataDescription): Problem[] {
  const weights = training.class_weights;
  if (weights === null) return [];
  const pointer = '/training/class_weights';
  const classes = classesAs(data, loss.target);
  if (loss.whole)
    return [
      {
        pointer,
        message: `${loss.type} is one loss of a whole sample, in which no class has a part of its own to weigh`,
        fix: 'remove class_weights; the rare class counts as much in it as it is rare',
      },
    ];
  if (loss.target === 'values' || classes === null) {
    return [
      {
        pointer,
        message: `${loss.type} on this data set has no classes to weigh`,
        fix: 'remove class_weights',
      },
    ];
  }
  if (weights === 'balanced') return [];
  if (weights.length === classes && weights.some((weight) => weight > 0)) return [];
  return [{ pointer, message: 'needs one weight per class, not all 0', fix: `give ${classes} weights` }];
}

/** Smoothing mixes targets, which only a loss that is linear in them can read. */
function checkSmoothing({ training }: Experiment, loss: Loss): Problem[] {
  if (training.label_smoothing === 0 || loss.smoothing !== null) return [];
  const able = lossKind.types.filter((type) => lossKind.resolve(type).smoothing !== null).join(', ');
  return [
    {
      pointer: '/training/label_smoothing',
      message: `${loss.type} takes its targets as they are`,
      fix: `remove label_smoothing, or use one of: ${able}`,
    },
  ];
}

/** What a loss reads that has a scale of its own; null where targets may have any. */
function fixedScale({ target, output, positive }: Loss): string | null {
  if (target === 'mixed') return 'targets of several outputs';
  if (target === 'classes') return 'classes';
  if (target === 'binary' || output === 'probabilities') return 'targets between 0 and 1';
  return positive ? 'targets that are not below 0' : null;
}

function checkTargetScale({ data }: Experiment, loss: Loss): Problem[] {
  const read = fixedScale(loss);
  if (!data.standardize_targets || read === null) return [];
  const message = `${loss.type} reads ${read}: they cannot be standardized`;
  return [{ pointer: '/data/standardize_targets', message, fix: 'remove it, or use a loss for values' }];
}

/** A loss of whole samples cannot leave time steps out. */
function checkWhole(loss: Loss, [output]: readonly PlacedLayer[], { layers }: Plan): Problem[] {
  const isMasked = layers.some(({ name, mask }) => name === output?.name && mask !== null);
  if (!loss.whole || !isMasked) return [];
  return [
    {
      pointer: '/training/loss',
      message: `${loss.type} is one loss of a whole sample, but some of its time steps are masked`,
      fix: `use binary_cross_entropy or sigmoid_cross_entropy, or put a layer at the end that ends the mask`,
    },
  ];
}

/** What stops by the validation loss needs samples to measure it on. */
function checkEarlyStopping({ training }: Experiment, { validation_samples, steps }: Plan): Problem[] {
  const { early_stopping } = training;
  if (!early_stopping) return [];
  const pointer = '/training/early_stopping';
  if (validation_samples === 0)
    return [
      {
        pointer,
        message: 'there is no validation split to measure',
        fix: 'add "validation_split": 0.2 to data, or remove early_stopping',
      },
    ];
  if (early_stopping.check_every <= steps) return [];
  const message = `would measure every ${early_stopping.check_every} steps of ${steps}: never`;
  return [{ pointer: `${pointer}/check_every`, message, fix: `give at most ${steps}` }];
}

/** `masking` compares what reaches it: numbers of the data that were scaled are no longer the `value` that marks padding. */
function checkMasking({ data }: Experiment, inputs: readonly NetworkInput[], { layers }: Plan): Problem[] {
  if (!data.standardize && data.scale === 1) return [];
  const option = data.standardize ? 'standardize' : 'scale';
  const names = new Set(inputs.map(({ name }) => name));
  return layers
    .filter((layer) => layer.type === 'masking' && layer.inputs.some((name) => names.has(name)))
    .map(({ pointer }) => ({
      pointer,
      message: `finds no padding: data.${option} changes the numbers before they reach it`,
      fix: `scale the sequences before you pad and send them, and leave out data.${option}`,
    }));
}

function build(experiment: Experiment, layers: readonly PlacedLayer[]): Plan | Problem[] {
  try {
    return planExperiment(experiment, layers);
  } catch (error) {
    if (!(error instanceof GraphShapeError)) throw error;
    const pointer = error.scope?.pointer ?? '/network/layers';
    const fix = error.fix ?? 'change this layer, or a layer before it, so that their shapes fit';
    const last = inputsOf(experiment).find(({ shape }) => isChannelsLast(shape))?.shape;
    if (last === undefined) return [{ pointer, message: error.message, fix }];
    const message = `${error.message}; ${channelsLastHint(last)}`;
    return [{ pointer, message, fix: `${fix}; an image of this size is ${text(channelsFirst(last))}` }];
  }
}

const isPlan = (result: Plan | Problem[]): result is Plan => !Array.isArray(result);

/** Problems between the fields of an experiment whose fields are valid by themselves; in the order to mend them. */
export function checkExperiment(experiment: Experiment): { problems: Problem[]; plan: Plan | null } {
  const layers = countLayers(experiment.network.layers);
  if (layers > MAX_LAYERS) {
    const message = `the network has ${layers} layers, more than ${MAX_LAYERS}`;
    return { problems: [{ pointer: '/network/layers', message, fix: 'repeat fewer times' }], plan: null };
  }
  const data = dataOf(experiment);
  const loss = resolveLoss(experiment);
  const { layers: placed, problems: problemsOfNames } = placeNetwork(experiment.network);
  const early = [
    ...checkSteps(experiment),
    // Names that lead nowhere, and layers that nobody uses.
    ...problemsOfNames,
    ...checkNames(experiment, placed),
    ...checkInputs(experiment, data),
    ...checkTargets(experiment),
  ];
  // Which layers read tokens is known where all names lead somewhere.
  if (early.length === 0) early.push(...checkTokens(experiment, placed, data));
  const result = early.length > 0 ? [] : build(experiment, placed);
  if (!isPlan(result)) return { problems: [...early, ...result], plan: null };
  const problems = [
    ...checkOutput(loss, data, result),
    ...checkParts(loss, data, placed, result),
    ...checkClassWeights(experiment, loss, data),
    ...checkWhole(loss, placed.slice(-1), result),
    ...checkSmoothing(experiment, loss),
    ...checkTargetScale(experiment, loss),
    ...checkEarlyStopping(experiment, result),
    ...checkMasking(experiment, inputsOf(experiment), result),
    ...checkInitialWeights(experiment, [...result.parameters, ...result.running]),
  ];
  return { problems, plan: problems.length > 0 ? null : result };
}
