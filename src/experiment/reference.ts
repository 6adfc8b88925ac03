/**
 * @file The positive control: a plain network that is known to learn, on the data of an experiment, with as many samples seen or,
 * where that would cost more than the experiment itself, fewer. What it reaches, another network could; what it does not reach either,
 * the data do not allow in that time, if it had come to its end.
 */
import { describeData } from '../data/index.ts';
import { flattenLayers, type Loss, type NetworkInput } from '../network/index.ts';
import { parseExperiment } from './parse.ts';
import { inputsOf, type Plan, placedLayers, planExperiment, resolveLoss } from './plan.ts';
import type { Experiment } from './schema.ts';
import { workOf } from './work.ts';

export const referenceKinds = ['dense', 'convolutional', 'recurrent'] as const;
export type ReferenceKind = (typeof referenceKinds)[number];

interface ReferenceExperiment {
  readonly kind: ReferenceKind;
  readonly experiment: Experiment;
}

type Layer = Readonly<Record<string, unknown>>;

/** Widest first: the first that is no more work than the experiment itself is taken. */
const WIDTHS = [64, 32, 16, 8];
/** Smaller batches make more of the same samples, at more cost for each. */
const SMALL_BATCH = 32;
/** Larger ones cost less, since small networks take their time for the steps, not for the arithmetic: so many steps are left. */
const FEWEST_STEPS = 150;

const relu = (units: number): Layer => ({
  type: 'dense',
  units,
  activation: 'relu',
  kernel_initializer: 'he_normal',
});

const conv = (filters: number): Layer => ({
  type: 'conv2d',
  filters,
  kernel_size: 3,
  padding: 'same',
  activation: 'relu',
  kernel_initializer: 'he_normal',
});

/** As in PyTorch: symbols that start apart are learned sooner. */
const TABLE = { type: 'normal', stddev: 1 };

/**
 * Waves of the standardized inputs, of all frequencies up to some periods over the data: what depends on one or two numbers may
 * well oscillate, which ReLU learns late (Tancik et al. 2020, arXiv:2006.10739).
 */
const waves = (units: number, stddev: number): Layer => ({
  type: 'dense',
  units,
  activation: 'sine',
  kernel_initializer: { type: 'normal', stddev },
  bias_initializer: { type: 'uniform', min: -Math.PI, max: Math.PI },
});
/** By the number of inputs. */
const FREQUENCIES: Readonly<Record<number, number>> = { 1: 3, 2: 1.5 };

/** Whether token 0 is padding here, which counts neither in what is read nor in a loss of each time step. */
const padsWithZero = (experiment: Experiment): boolean =>
  flattenLayers(placedLayers(experiment)).some(
    ({ type, config }) => type === 'embedding' && (config as { mask_zero?: boolean }).mask_zero === true,
  );

/** Tokens are looked up in a table as large as the data need it. */
function tableOf(experiment: Experiment, { name, dtype }: NetworkInput): Layer[] {
  const description = describeData(experiment.data);
  const field = description.inputs?.find((candidate) => candidate.name === name);
  const tokens = (description.inputs === undefined ? description.tokens : field?.tokens) ?? null;
  const isToken = dtype === 'token' && tokens !== null;
  if (!isToken) return [];
  const mask_zero = padsWithZero(experiment);
  return [{ type: 'embedding', vocabulary: tokens, dimensions: 16, table_initializer: TABLE, mask_zero }];
}

/** Several inputs side by side, each as one row of numbers. */
function rowsOf(experiment: Experiment, inputs: readonly NetworkInput[]): Layer[] {
  const rows = inputs.flatMap((input, i) => {
    const [first, ...rest] = [...tableOf(experiment, input), { type: 'flatten', name: `row_${i}` }];
    return [{ ...first, inputs: [input.name] }, ...rest];
  });
  return [...rows, { type: 'concatenate', inputs: inputs.map((_, i) => `row_${i}`) }];
}

function bodyOf(kind: ReferenceKind, experiment: Experiment, width: number, perStep: boolean): Layer[] {
  const [input, ...others] = inputsOf(experiment) as [NetworkInput, ...NetworkInput[]];
  if (others.length > 0) return [...rowsOf(experiment, [input, ...others]), relu(width), relu(width)];
  if (kind === 'convolutional') {
    const [, height = 1, columns = 1] = input.shape;
    const pool = Math.min(height, columns) >= 4 ? [{ type: 'max_pool2d', pool_size: 2 }] : [];
    return [conv(width / 4), conv(width / 4), ...pool, { type: 'flatten' }, relu(width)];
  }
  if (kind === 'recurrent') {
    const table = tableOf(experiment, input);
    return [...table, { type: 'gru', units: width / 2, return_sequences: perStep }];
  }
  if (input.dtype === 'token')
    return [...tableOf(experiment, input), { type: 'flatten' }, relu(width), relu(width)];
  const frequency = input.shape.length === 1 ? FREQUENCIES[input.shape[0] ?? 0] : undefined;
  const first = frequency === undefined ? relu(width) : waves(width, frequency);
  return [...(input.shape.length > 1 ? [{ type: 'flatten' }] : []), first, relu(width)];
}

/** Layers that give the shape of the experiment's own prediction. */
function headOf(shape: readonly number[], perStep: boolean, activation: string): Layer[] {
  const size = shape.reduce((product, length) => product * length, 1);
  if (perStep || shape.length === 1)
    return [{ type: 'dense', units: perStep ? shape.at(-1) : size, activation }];
  // An activation such as softmax is of each place by itself.
  return [
    { type: 'dense', units: size },
    { type: 'reshape', shape },
    ...(activation === 'linear' ? [] : [{ type: 'activation', activation }]),
  ];
}

/** What the loss takes, however the experiment itself ends. */
function activationOf({ type, output, target }: Loss): string {
  if (type === 'poisson') return 'exponential';
  if (type === 'kl_divergence') return 'softmax';
  if (output !== 'probabilities') return 'linear';
  return target === 'classes' ? 'softmax' : 'sigmoid';
}

/** Of every output one of its own, on what the body gives. */
function headsOf(loss: Loss): Layer[] {
  const parts = loss.parts ?? [];
  const heads = parts.flatMap((part, i): Layer[] => [
    { type: 'dense', units: part.size, inputs: ['body'] },
    ...(part.shape.length > 1 ? [{ type: 'reshape', shape: part.shape }] : []),
    { type: 'activation', activation: activationOf(part.loss), name: `output_${i}` },
  ]);
  return [...heads, { type: 'outputs', inputs: parts.map((_, i) => `output_${i}`) }];
}

/** What ends the network as the experiment's own loss takes it. */
function endOf(
  experiment: Experiment,
  shape: readonly number[],
  body: readonly Layer[],
  perStep: boolean,
): Layer[] {
  const loss = resolveLoss(experiment);
  if (loss.parts === null) return [...body, ...headOf(shape, perStep, activationOf(loss))];
  return [...body.with(-1, { ...body.at(-1), name: 'body' }), ...headsOf(loss)];
}

/** Losses of values in any unit; those of counts, distributions and signs have a scale of their own. */
const SCALED = ['mean_squared_error', 'mean_absolute_error', 'huber', 'log_cosh', 'quantile', 'quantiles'];

/** Few steps have to be long; long trainings can afford short ones, and end with shorter still. */
const learningRate = (steps: number): number => (steps <= 400 ? 0.01 : steps <= 1500 ? 0.005 : 0.003);

/** Of one kind and width, in batches of one size. */
interface Candidate {
  readonly kind: ReferenceKind;
  readonly width: number;
  readonly batch_size: number;
  readonly steps: number;
}

/** Half the experiment's own batch first, then its own, then twice that: as many samples in each case. */
function batchesOf({
  steps,
  batch_size: own,
  training_samples,
}: Plan): { batch_size: number; steps: number }[] {
  const half = Math.min(own, Math.max(SMALL_BATCH, Math.ceil(own / 2)));
  return [...new Set([half, own, 2 * own])]
    .map((batch_size) => ({ batch_size, steps: Math.max(1, Math.round((steps * own) / batch_size)) }))
    .filter(
      ({ batch_size, steps: left }) =>
        batch_size <= own || (batch_size <= training_samples && left >= FEWEST_STEPS),
    );
}

function configOf(
  experiment: Experiment,
  plan: Plan,
  { kind, width, batch_size, steps }: Candidate,
): unknown {
  const { data, training, network, seed } = experiment;
  const inputs = inputsOf(experiment);
  const tokens = inputs.every(({ dtype }) => dtype === 'token');
  const perStep =
    kind === 'recurrent' && plan.output_shape.length === 2 && plan.output_shape[0] === inputs[0]?.shape[0];
  return {
    network: {
      ...(network.input === undefined ? { inputs: network.inputs } : { input: network.input }),
      layers: endOf(experiment, plan.output_shape, bodyOf(kind, experiment, width, perStep), perStep),
    },
    data: {
      ...data,
      standardize: !tokens,
      standardize_targets: SCALED.includes(resolveLoss(experiment).type),
      shuffle: true,
    },
    training: {
      loss: training.loss,
      optimizer: { type: 'adam', learning_rate: learningRate(steps) },
      learning_rate_schedule: 'cosine',
      batch_size,
      steps,
      gradient_clipping: { type: 'global_norm', max_norm: 1 },
      class_weights: training.class_weights,
      label_smoothing: training.label_smoothing,
    },
    seed,
    diagnostics: { probe_every: 0, seeds: 1 },
    remedies: { verify: false },
  };
}

function kindOf(experiment: Experiment): ReferenceKind {
  const [input, ...others] = inputsOf(experiment);
  if (input === undefined || others.length > 0) return 'dense';
  const { shape, dtype } = input;
  if (dtype === 'token' || shape.length === 2) return 'recurrent';
  return shape.length === 3 ? 'convolutional' : 'dense';
}

interface Found extends ReferenceExperiment {
  readonly work: number;
}

/** The first of the candidates that takes no more work than that; else the cheapest, with fewer steps unless none are to be left out. */
function within(
  experiment: Experiment,
  kinds: readonly ReferenceKind[],
  limit: number,
  mayShorten: boolean,
): Found | null {
  const plan = planExperiment(experiment);
  const candidates = kinds.flatMap((kind) =>
    WIDTHS.flatMap((width) => batchesOf(plan).map((batch) => ({ kind, width, ...batch }))),
  );
  let cheapest: { readonly candidate: Candidate; readonly work: number } | null = null;
  for (const candidate of candidates) {
    const parsed = parseExperiment(configOf(experiment, plan, candidate));
    if (!parsed.ok) continue;
    const { value } = parsed;
    const work = workOf(value.experiment, value.plan);
    if (work <= limit) return { kind: candidate.kind, experiment: value.experiment, work };
    if (work < (cheapest?.work ?? Number.POSITIVE_INFINITY)) cheapest = { candidate, work };
  }
  if (cheapest === null || !mayShorten) return null;
  const { candidate, work } = cheapest;
  const steps = Math.max(1, Math.floor((candidate.steps * limit) / work));
  const parsed = parseExperiment(configOf(experiment, plan, { ...candidate, steps }));
  return parsed.ok ? { kind: candidate.kind, experiment: parsed.value.experiment, work: limit } : null;
}

/**
 * The reference's own experiments: the same data, split (shuffled, where it is not), seed, loss and number of samples seen, standardized.
 * Their steps together never take more work than those of the experiment (`workOf`), were these all taken: where even the narrowest
 * network in the largest batches does, it takes fewer.
 *
 * One experiment; for tokens two, where there is work left for a second one. A loop learns what follows from their order, and late what
 * came early; dense layers on the table's rows learn soon what follows from a place, and nothing that moves.
 * @returns none where no plain network takes these inputs
 */
export function referenceExperiments(experiment: Experiment): readonly ReferenceExperiment[] {
  const limit = workOf(experiment, planExperiment(experiment));
  const own = kindOf(experiment);
  const first = within(experiment, own === 'dense' ? [own] : [own, 'dense'], limit, true);
  if (first === null) return [];
  const isOfTokens = inputsOf(experiment).some(({ dtype }) => dtype === 'token');
  const second =
    isOfTokens && first.kind === 'recurrent'
      ? within(experiment, ['dense'], limit - first.work, false)
      : null;
  return second === null ? [first] : [first, second];
}
