/** @file What the schema cannot say: whether network, data and training fit each other. */
import { type DataDescription, describeData, fitsInput, outputsFor } from '../data/index.ts';
import { GraphShapeError } from '../graph/index.ts';
import { countLayers, flattenLayers, type LossPart } from '../network/index.ts';
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

const suitableLosses: Readonly<Record<string, string>> = {
  classes: 'softmax_cross_entropy, categorical_cross_entropy',
  values: 'mean_squared_error, mean_absolute_error, huber',
};

function checkOutput(loss: LossPart, data: DataDescription, plan: Plan): Problem[] {
  const wanted = outputsFor(data, loss.target);
  if (wanted === null) {
    return [
      {
        pointer: '/training/loss',
        message: `${loss.type} cannot read the targets of this data set (${data.target_kind}, ${data.target_size})`,
        fix: `use one of: ${suitableLosses[data.target_kind]}`,
      },
    ];
  }
  const { output_shape } = plan;
  const units = output_shape[0] ?? 0;
  const fits = output_shape.length === 1 && (loss.target === 'classes' ? units >= wanted : units === wanted);
  if (fits) return [];
  return [
    {
      pointer: plan.layers.at(-1)?.pointer ?? '/network/layers',
      message: `the last layer gives ${text(output_shape)} but ${loss.type} on this data set needs [${wanted}]`,
      fix: `end with { "type": "dense", "units": ${wanted} }`,
    },
  ];
}

function checkClassWeights({ training }: Experiment, loss: LossPart, data: DataDescription): Problem[] {
  const weights = training.class_weights;
  if (weights === null) return [];
  const pointer = '/training/class_weights';
  if (loss.target === 'values' || data.target_kind !== 'classes') {
    return [
      {
        pointer,
        message: `${loss.type} on this data set has no classes to weigh`,
        fix: 'remove class_weights',
      },
    ];
  }
  if (weights === 'balanced') return [];
  if (weights.length === data.target_size && weights.some((weight) => weight > 0)) return [];
  return [
    { pointer, message: 'needs one weight per class, not all 0', fix: `give ${data.target_size} weights` },
  ];
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
  const loss = resolveLoss(experiment).part;
  const early = [...checkSteps(experiment), ...checkNames(experiment), ...checkInput(experiment, data)];
  const result = early.length > 0 ? [] : build(experiment);
  if (!isPlan(result)) return { problems: [...early, ...result], plan: null };
  const problems = [...checkOutput(loss, data, result), ...checkClassWeights(experiment, loss, data)];
  return { problems, plan: problems.length > 0 ? null : result };
}
