/**
 * @file Recipes: what an experienced person sets up from the start for each kind of network. Where several things are wrong at
 * once no single remedy shows an effect; a recipe does, and is then reduced to what it takes.
 */
import {
  type Experiment,
  isDegenerate,
  linearProducts,
  normalizationsOf,
  planExperiment,
  textOf,
} from '../experiment/index.ts';
import { type RemedyName, remedies } from './catalogue/index.ts';
import { everyLayer, isAttention, isRecurrent } from './edit.ts';
import { applyRemedy } from './propose.ts';

/** A remedy by name, with its dose; null where it has none. */
export interface Part {
  readonly remedy: string;
  readonly dose: number | null;
}

export interface Recipe {
  readonly recipe: string;
  readonly parts: readonly Part[];
  /** With all of its parts that apply, in this order. */
  readonly experiment: Experiment;
}

const part = (remedy: RemedyName, dose: number | null = null): Part => ({ remedy, dose });

/** What any network learns from: scaled data in random order, an output that fits, no more noise and penalty than it needs. */
const cleanUp: readonly Part[] = [
  part('standardize_inputs'),
  part('use_cross_entropy'),
  part('standardize_targets'),
  part('match_loss_to_output'),
  part('balance_classes'),
  part('shuffle_data'),
  part('increase_batch_size', 8),
  part('remove_normalization'),
  part('reduce_dropout', 0),
  part('reduce_dropout', 0.25),
  part('reduce_regularization', 0),
  part('lower_batch_norm_momentum', 0.9),
  part('raise_clipping_limit', 100),
  part('keep_learning_rate'),
];

/** Whoever has it already gets its usual averages and rate. */
const adamAlone = (learning_rate: number): Part[] => [
  part('use_adam', learning_rate),
  part('reset_averages'),
  part('set_learning_rate', learning_rate),
];
/** Adam after everything that changes what it has to train. */
const adamAt = (learning_rate: number) => [part('reinitialize_weights'), ...adamAlone(learning_rate)];
const adam = adamAt(0.003);

// Of each kind the likeliest first: where few trainings are allowed, it is the only one.
const feedForward: Readonly<Record<string, readonly Part[]>> = {
  modern: [...cleanUp, part('use_linear_output'), part('add_hidden_layer', 32), part('use_relu'), ...adam],
  brisk: [
    ...cleanUp,
    part('use_linear_output'),
    part('add_hidden_layer', 32),
    part('use_relu'),
    ...adamAt(0.01),
  ],
  placed: [...cleanUp, part('keep_positions'), part('use_relu'), ...adam],
  clean: [...cleanUp, ...adam],
  normalized: [...cleanUp, part('use_relu'), part('add_batch_norm'), ...adam],
  residual: [...cleanUp, part('use_relu'), part('add_batch_norm'), part('add_residual_connections'), ...adam],
};

const recurrent: Readonly<Record<string, readonly Part[]>> = {
  gated: [...cleanUp, part('use_gru'), part('set_forget_bias'), part('clip_gradients', 1), ...adamAt(0.01)],
  clean: [...cleanUp, part('set_forget_bias'), part('clip_gradients', 1), ...adam],
};

const preNorm: readonly Part[] = [
  part('add_positional_embedding'),
  part('use_pre_norm'),
  part('add_layer_norm'),
  part('add_residual_connections'),
];

/** With norms inside the branches no warm-up is needed (Xiong et al. 2020, arXiv:2002.04745): in few steps it takes more than it gives. */
const attention: Readonly<Record<string, readonly Part[]>> = {
  modern: [...cleanUp, ...preNorm, ...adam],
  placed: [...cleanUp, ...preNorm, part('keep_positions'), ...adam],
  warmed: [...cleanUp, ...adam, part('warm_up_learning_rate')],
  careful: [...cleanUp, ...preNorm, ...adamAt(0.001), part('warm_up_learning_rate')],
  clean: [...cleanUp, ...adam],
};

/** Hidden layers with a kernel from which on a stack needs a way past. */
const DEEP = 5;

/** Against learning by heart: fewer weights, each drawn towards 0, noise, and an end in time. */
const regularized: readonly Part[] = [
  part('narrow_layers', 0.25),
  part('add_l2_regularization', 0.01),
  part('add_dropout', 0.2),
  part('stop_early', 10),
];

/** Fewer steps are often too few, whatever else is wrong. */
const FEW_STEPS = 200;
/** Of fewer samples a gradient is mostly chance, and batch statistics are. */
const FEW_SAMPLES = 8;

/** What a recipe would change though nothing asks for it. */
function isUncalledFor({ remedy, dose }: Part, experiment: Experiment, rules: readonly string[]): boolean {
  // Larger batches mend those of the batch.
  if (remedy === 'remove_normalization')
    return !normalizationsOf(experiment).some((norm) => norm.type !== 'batch_norm' && isDegenerate(norm));
  // What is not known by heart needs no noise; else some of it stays.
  if (remedy === 'reduce_dropout' && dose === 0) return rules.includes('overfitting');
  if (remedy === 'use_cross_entropy') return !rules.includes('loss_output_mismatch');
  if (remedy === 'add_hidden_layer')
    return linearProducts(experiment) !== 1 || !rules.includes('underfitting');
  if (remedy === 'balance_classes') return !rules.includes('class_imbalance');
  return remedy === 'increase_batch_size' && planExperiment(experiment).batch_size >= FEW_SAMPLES;
}

function recipesOf(experiment: Experiment): Readonly<Record<string, readonly Part[]>> {
  const layers = everyLayer(experiment.network.layers);
  if (layers.some(isAttention)) return attention;
  if (layers.some(isRecurrent)) return recurrent;
  const { brisk = [], residual = [], ...others } = feedForward;
  const deep = planExperiment(experiment).layers.filter(({ parameters }) => parameters > 0).length > DEEP;
  return deep ? { ...others, residual } : { ...others, brisk };
}

/** These parts in turn, those that do not apply left out; null where none does. */
export function applyParts(experiment: Experiment, parts: readonly Part[]): Omit<Recipe, 'recipe'> | null {
  const applied: Part[] = [];
  let changed = experiment;
  for (const one of parts) {
    const remedy = remedies.find((candidate) => candidate.remedy === one.remedy);
    if (remedy === undefined) throw new Error(`a recipe names ${one.remedy}, which is no remedy`);
    const result = applyRemedy(remedy, changed, one.dose ?? remedy.dose?.values[0] ?? null);
    if ('reason' in result) continue;
    changed = result.experiment;
    applied.push({ remedy: one.remedy, dose: result.dose });
  }
  return applied.length === 0 ? null : { parts: applied, experiment: changed };
}

/** What a recipe is named for: without it, it is another one. */
const NAMED_FOR: Readonly<Record<string, RemedyName>> = { placed: 'keep_positions' };

/** Those of these that apply, equal ones once. */
function applied(
  recipes: readonly (readonly [string, readonly Part[]])[],
  experiment: Experiment,
  rules: readonly string[],
): Recipe[] {
  const known = new Set<string>();
  return recipes.flatMap(([recipe, parts]) => {
    const called = parts.filter((one) => !isUncalledFor(one, experiment, rules));
    const made = applyParts(experiment, called);
    const named = NAMED_FOR[recipe];
    if (made === null || (named !== undefined && made.parts.every(({ remedy }) => remedy !== named)))
      return [];
    const key = textOf(made.experiment);
    if (known.has(key)) return [];
    known.add(key);
    return [{ recipe, ...made }];
  });
}

/**
 * Those for this kind of network; also with more steps where they are few, and what keeps from learning by heart where that was found.
 * @param rules the serious findings
 */
export function recipesFor(experiment: Experiment, rules: readonly string[]): Recipe[] {
  const recipes = Object.entries(recipesOf(experiment));
  const longer = [...(recipes[0]?.[1] ?? []), part('train_longer', 10)];
  return applied(
    [
      ...(rules.includes('overfitting') ? [['regularized', regularized] as const] : []),
      ...recipes,
      ...(planExperiment(experiment).steps < FEW_STEPS ? [['longer', longer] as const] : []),
    ],
    experiment,
    rules,
  );
}
