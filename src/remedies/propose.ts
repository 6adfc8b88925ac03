/** @file From findings to candidates: every remedy that treats one of them, as a patch that is a valid experiment. */
import {
  type Experiment,
  isDegenerate,
  normalizationsOf,
  parseExperiment,
  planExperiment,
  textOf,
} from '../experiment/index.ts';
import { canonicalJson, copyOf } from '../util/json.ts';
import { RecentValues } from '../util/recent_values.ts';
import { type RemedyName, remedies } from './catalogue/index.ts';
import { patchBetween } from './patch.ts';
import type { Remedy } from './remedy.ts';
import { keepWiring } from './rewire.ts';
import type { Patch } from './verification.ts';

export interface Candidate {
  readonly remedy: Remedy<RemedyName>;
  /** Null where the remedy has none. */
  readonly dose: number | null;
  readonly experiment: Experiment;
  readonly patch: Patch;
}

export interface Proposal {
  readonly candidates: readonly Candidate[];
  readonly not_applicable: readonly { readonly remedy: string; readonly reason: string }[];
}

/** Normalizations that leave hardly anything of what they get. */
const degenerate = (experiment: Experiment): number =>
  normalizationsOf(experiment).filter(isDegenerate).length;

/** How each of its parameters begins: by name. */
const beginnings = (experiment: Experiment): string =>
  canonicalJson(
    planExperiment(experiment).parameters.map(({ name, shape, initializer, ones = null }) => ({
      ...{ name, shape, initializer, ones },
    })),
  );

/** Layers of all experiments that are kept: what is known of one takes some kilobytes a layer. */
const KEPT_LAYERS = 4000;
/** The same for what one remedy made; most of its experiments are kept above anyway. */
const KEPT_APPLIED = 100;

type Parsed = ReturnType<typeof parseExperiment>;

const checked = new RecentValues<Parsed>(KEPT_LAYERS);

/** Of equal texts the same experiment comes back, with all that was found out about it: remedies meet in the same changes. */
const parsedAgain = (changed: Experiment): Parsed =>
  checked.get(
    canonicalJson(changed),
    () => parseExperiment(copyOf(changed)),
    (parsed) => 1 + (parsed.ok ? parsed.value.plan.layers.length : 0),
  );

/**
 * As a request that is checked. Weights that were given are those of the network as it was: another one, or one that is to begin
 * otherwise, draws its own.
 */
function parsedChange(changed: Experiment, before: Experiment): Parsed {
  const given = changed.training.initial_weights;
  if (given === null) return parsedAgain(changed);
  const drawn = { ...changed, training: { ...changed.training, initial_weights: null } };
  const parsed = parsedAgain(drawn);
  if (!parsed.ok || beginnings(parsed.value.experiment) !== beginnings(before)) return parsed;
  return parsedAgain(changed);
}

type Applied = Candidate | { readonly reason: string };

/** By remedy: the options of a study have most of their remedies in common. */
const applied = new WeakMap<Remedy<RemedyName>, RecentValues<Applied>>();

/** The remedy applied, or why it cannot be. The result is a valid experiment that differs from its input. */
export function applyRemedy(
  remedy: Remedy<RemedyName>,
  experiment: Experiment,
  dose: number | null = remedy.dose?.values[0] ?? null,
): Applied {
  const known = applied.get(remedy) ?? new RecentValues<Applied>(KEPT_APPLIED);
  applied.set(remedy, known);
  return known.get(
    `${dose} ${textOf(experiment)}`,
    () => apply(remedy, experiment, dose),
    () => planExperiment(experiment).layers.length,
  );
}

function apply(remedy: Remedy<RemedyName>, experiment: Experiment, dose: number | null): Applied {
  const change = keepWiring(experiment, (wired) => remedy.change(wired, dose ?? Number.NaN));
  if ('reason' in change) return change;
  const parsed = parsedChange(change.experiment, experiment);
  if (!parsed.ok) return { reason: parsed.error.map(({ message }) => message).join('; ') };
  const changed = parsed.value.experiment;
  if (degenerate(changed) > degenerate(experiment))
    return { reason: 'it would normalize two numbers or one' };
  if (textOf(changed) === textOf(experiment)) return { reason: 'it would change nothing' };
  return { remedy, dose, experiment: changed, patch: patchBetween(experiment, changed) };
}

/**
 * @param rules names of the findings to treat
 * @param isWanted the others are not even applied
 */
export function propose(
  experiment: Experiment,
  rules: readonly string[],
  isWanted: (remedy: RemedyName) => boolean = () => true,
): Proposal {
  const results = remedies
    .filter(({ treats, remedy }) => isWanted(remedy) && treats.some((rule) => rules.includes(rule)))
    .map((remedy) => ({ remedy, result: applyRemedy(remedy, experiment) }));
  return {
    candidates: results.flatMap(({ result }) => ('reason' in result ? [] : [result])),
    not_applicable: results.flatMap(({ remedy, result }) =>
      'reason' in result ? [{ remedy: remedy.remedy, reason: result.reason }] : [],
    ),
  };
}
