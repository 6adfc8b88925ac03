/** @file What the schema cannot say: whether network, data and training fit each other. */
import { type DataDescription, describeData, fitsInput, fitsOutput, wantedOutput } from '../data/index.ts';
import { GraphShapeError } from '../graph/index.ts';
import { countLayers, flattenLayers, type Loss } from '../network/index.ts';
import { checkInitialWeights } from './initial_weights.ts';
import { type Plan, placedLayers, planExperiment, resolveLoss } from './plan.ts';
import type { Problem } from './problems.ts';
import type { Experiment } from './schema.ts';

/** More layers than this are refused before anything is built. */
const MAX_LAYERS = 2000;

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

function checkNames(experiment: Experiment): Problem[] {
  const seen = new Set<string>();
  return flattenLayers(placedLayers(experiment)).flatMap(({ name, pointer }) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [
      { pointer: `${pointer}/name`, message: `two layers are named "${name}"`, fix: 'rename one of them' },
    ];
  });
}

function checkInput(experiment: Experiment, data: DataDescription): Problem[] {
  const { shape } = experiment.network.input;
  if (fitsInput(data, shape)) return [];
  return [
    {
      pointer: '/network/input/shape',
      message: `the network takes ${text(shape)} but ${experiment.data.type} has inputs of ${text(data.input_shape)}`,
      fix: `set it to ${text(data.input_shape)}`,
    },
  ];
}

/** Tokens are looked up in a table first of all; nothing else makes sense of them, and nothing else can be looked up. */
function checkTokens(experiment: Experiment, data: DataDescription): Problem[] {
  const [first, ...rest] = flattenLayers(placedLayers(experiment));
  const late = rest.find(({ part }) => part.vocabulary !== null);
  if (late !== undefined)
    return [
      {
        pointer: late.pointer,
        message: 'an embedding can only be the first layer',
        fix: 'move it to the front',
      },
    ];
  const isToken = experiment.network.input.dtype === 'token';
  const vocabulary = first?.part.vocabulary ?? null;
  if (first === undefined || vocabulary === null) {
    const fix = 'begin with { "type": "embedding", "vocabulary": …, "dimensions": … }, or remove "dtype"';
    return isToken ? [{ pointer: '/network/layers/0', message: 'tokens need an embedding first', fix }] : [];
  }
  if (!isToken) {
    const message = 'the first layer is an embedding, but the inputs are not declared as tokens';
    return [{ pointer: '/network/input/dtype', message, fix: 'add "dtype": "token"' }];
  }
  return checkVocabulary(experiment, data, { pointer: first.pointer, vocabulary });
}

function checkVocabulary(
  { data: config }: Experiment,
  data: DataDescription,
  { pointer, vocabulary }: { readonly pointer: string; readonly vocabulary: number },
): Problem[] {
  if (data.tokens === null) {
    const message = `the inputs of ${config.type} are not tokens: whole numbers from 0`;
    return [{ pointer: '/data', message, fix: 'remove "dtype" and the embedding, or use other data' }];
  }
  if (config.standardize || config.scale !== 1)
    return [{ pointer: '/data', message: 'tokens cannot be scaled', fix: 'remove standardize and scale' }];
  if (data.tokens <= vocabulary) return [];
  const message = `the data have tokens up to ${data.tokens - 1}, the vocabulary ends at ${vocabulary - 1}`;
  return [{ pointer: `${pointer}/vocabulary`, message, fix: `set it to ${data.tokens}` }];
}

const suitableLosses: Readonly<Record<string, string>> = {
  classes: 'softmax_cross_entropy, categorical_cross_entropy',
  values: 'mean_squared_error, mean_absolute_error, huber',
};

/** A last layer that gives this shape. */
const outputFix = (wanted: readonly number[]): string => {
  const time = wanted.length > 1 ? ` for each of ${wanted.slice(0, -1).join(' × ')} time steps` : '';
  return `end with { "type": "dense", "units": ${wanted.at(-1)} }${time}`;
};

function checkOutput(loss: Loss, data: DataDescription, { output_shape, layers }: Plan): Problem[] {
  const wanted = wantedOutput(data, loss.target);
  if (wanted === null) {
    const kind = data.classes === null ? 'values' : 'classes';
    return [
      {
        pointer: '/training/loss',
        message: `${loss.type} cannot read the targets of this data set (${kind}, ${text(data.target_shape)})`,
        fix: `use one of: ${suitableLosses[kind]}`,
      },
    ];
  }
  if (fitsOutput(data, loss.target, output_shape)) return [];
  return [
    {
      pointer: layers.at(-1)?.pointer ?? '/network/layers',
      message: `the last layer gives ${text(output_shape)} but ${loss.type} on this data set needs ${text(wanted)}`,
      fix: outputFix(wanted),
    },
  ];
}

function checkClassWeights({ training }: Experiment, loss: Loss, data: DataDescription): Problem[] {
  const weights = training.class_weights;
  if (weights === null) return [];
  const pointer = '/training/class_weights';
  if (loss.target === 'values' || data.classes === null) {
    return [
      {
        pointer,
        message: `${loss.type} on this data set has no classes to weigh`,
        fix: 'remove class_weights',
      },
    ];
  }
  if (weights === 'balanced') return [];
  if (weights.length === data.classes && weights.some((weight) => weight > 0)) return [];
  return [{ pointer, message: 'needs one weight per class, not all 0', fix: `give ${data.classes} weights` }];
}

/** Class indices and probabilities have no scale of their own. */
function checkTargetScale({ data }: Experiment, loss: Loss): Problem[] {
  if (!data.standardize_targets || loss.target === 'values') return [];
  const message = `${loss.type} reads ${loss.target === 'classes' ? 'classes' : 'targets between 0 and 1'}: they cannot be standardized`;
  return [{ pointer: '/data/standardize_targets', message, fix: 'remove it, or use a loss for values' }];
}

function build(experiment: Experiment): Plan | Problem[] {
  try {
    return planExperiment(experiment);
  } catch (error) {
    if (!(error instanceof GraphShapeError)) throw error;
    return [{ pointer: error.scope?.pointer ?? '/network/layers', message: error.message }];
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
  const data = describeData(experiment.data);
  const loss = resolveLoss(experiment);
  const early = [
    ...checkSteps(experiment),
    ...checkNames(experiment),
    ...checkInput(experiment, data),
    ...checkTokens(experiment, data),
  ];
  const result = early.length > 0 ? [] : build(experiment);
  if (!isPlan(result)) return { problems: [...early, ...result], plan: null };
  const problems = [
    ...checkOutput(loss, data, result),
    ...checkClassWeights(experiment, loss, data),
    ...checkTargetScale(experiment, loss),
    ...checkInitialWeights(experiment, [...result.parameters, ...result.running]),
  ];
  return { problems, plan: problems.length > 0 ? null : result };
}
