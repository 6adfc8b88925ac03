/** @file Who takes part in a design search: made functions and fixed controls, each as the experiment with that activation; and how many. */
import type { Designed, Tailored } from '../design/index.ts';
import { type Experiment, parseExperiment } from '../experiment/index.ts';
import type { ActivationConfig, InitializerConfig } from '../network/index.ts';
import { tailorActivation } from '../preflight/index.ts';
import { changeActivation } from '../remedies/index.ts';
import { copyOf } from '../util/json.ts';
import { Budget } from './budget.ts';
import type { Candidate, Result } from './candidates.ts';
import type { DesignOptions } from './design_schema.ts';

/** Shares of the steps of a generation's trainings, each on one seed, and of the middle round. */
export const [SCREENING, MIDDLE] = [1 / 4, 1 / 2];
/** Functions that go into the middle round and into the last. */
export const [SEMIFINALISTS, FINALISTS] = [8, 4];
export const FRESH_SEEDS = 5;
/** Of those tried so far. */
export const PARENTS = 1 / 2;
const [MOST_GENERATIONS, LARGEST_POPULATION] = [4, 12];
const [FEWEST_GENERATIONS, SMALLEST_POPULATION] = [2, 4];
/** What a default search may take, in seconds of one core: ten minutes of two cores, less a reserve. */
const DEFAULT_WORK_S = 2 * 480;

export interface DesignSize {
  readonly generations: number;
  readonly population: number;
}

/** Trainings beside those of the generations: rounds, controls, the experiment as it is, comparisons. In whole trainings. */
const closingWork = (seeds: number): number =>
  SEMIFINALISTS * MIDDLE * Math.ceil((seeds * 2) / 3) +
  (FINALISTS + CONTROLS.length + 1) * seeds +
  4 * FRESH_SEEDS;

/** As asked; else the largest that fits into ten minutes. */
export function designSize(experiment: Experiment, { generations, population }: DesignOptions): DesignSize {
  const seeds = experiment.remedies.seeds;
  const training = new Budget(experiment, seeds).secondsOf(experiment);
  const left = DEFAULT_WORK_S / training - closingWork(seeds);
  const fitting = Math.floor(left / SCREENING / (generations ?? MOST_GENERATIONS));
  const size = population ?? Math.max(SMALLEST_POPULATION, Math.min(LARGEST_POPULATION, fitting));
  const most = Math.floor(left / SCREENING / size);
  return {
    population: size,
    generations: generations ?? Math.max(FEWEST_GENERATIONS, Math.min(MOST_GENERATIONS, most)),
  };
}

/** Trials that a design search may take: for the estimate. */
export function estimateDesignTrials(experiment: Experiment, options: DesignOptions): number {
  const { generations, population } = designSize(experiment, options);
  const seeds = experiment.remedies.seeds;
  const rounds = SEMIFINALISTS * Math.ceil((seeds * 2) / 3) + (FINALISTS + CONTROLS.length + 1) * seeds;
  return generations * population + rounds + 4 * FRESH_SEEDS;
}

interface Realized {
  readonly activation: ActivationConfig;
  readonly initializer: InitializerConfig;
}

/** What everybody would have taken; ReLU with a slope on the left that suits the depth. */
export const CONTROLS: readonly { readonly name: string; realize(depth: number): Realized }[] = [
  { name: 'relu', realize: () => ({ activation: 'relu', initializer: 'he_normal' }) },
  { name: 'gelu', realize: () => ({ activation: 'gelu', initializer: 'he_normal' }) },
  { name: 'silu', realize: () => ({ activation: 'silu', initializer: 'he_normal' }) },
  {
    name: 'tailored leaky_relu',
    realize(depth) {
      const tailored = tailorActivation('leaky_relu', depth);
      return 'reason' in tailored ? { activation: 'leaky_relu', initializer: 'he_normal' } : tailored;
    },
  },
];

export function tailorFor(depth: number) {
  return (formula: string): Tailored | null => {
    const tailored = tailorActivation({ expression: formula }, depth);
    if ('reason' in tailored) return null;
    const { activation, initializer } = tailored;
    return typeof activation === 'object' && 'expression' in activation
      ? { formula: activation.expression, initializer }
      : null;
  };
}

export function realized({ formula, tailored, foresight }: Designed): Realized {
  if (tailored !== null)
    return {
      activation: { expression: tailored.formula },
      initializer: tailored.initializer as InitializerConfig,
    };
  const scale = Number(foresight.weight_variance.toPrecision(3));
  const initializer = { type: 'variance_scaling', scale, mode: 'fan_in', distribution: 'normal' } as const;
  return { activation: { expression: formula }, initializer };
}

export interface Entrant extends Candidate {
  readonly name: string;
  readonly designed: Designed | null;
  readonly realized: Realized | null;
}

export type Entry = Result & { readonly candidate: Entrant };

export function enter(
  experiment: Experiment,
  name: string,
  one: Realized,
  designed: Designed | null,
): Entrant | { reason: string } {
  const changed = changeActivation(experiment, one.activation, one.initializer);
  if ('reason' in changed) return changed;
  const parsed = parseExperiment(copyOf(changed.experiment));
  if (!parsed.ok) return { reason: parsed.error.map(({ message }) => message).join('; ') };
  const initializer = typeof one.initializer === 'string' ? one.initializer : one.initializer.type;
  const { activation } = one;
  return {
    name,
    designed,
    realized: one,
    activation,
    initializer,
    normalization: 'none',
    experiment: parsed.value.experiment,
  };
}

export const isEntrant = (one: Entrant | { reason: string }): one is Entrant => !('reason' in one);
