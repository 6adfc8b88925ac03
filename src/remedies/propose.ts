/** @file From findings to candidates: every remedy that treats one of them, as a patch that is a valid experiment. */
import { type Experiment, parseExperiment } from '../experiment/index.ts';
import { canonicalJson, copyOf } from '../util/json.ts';
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

/** The remedy applied, or why it cannot be. The result is a valid experiment that differs from its input. */
export function applyRemedy(
  remedy: Remedy<RemedyName>,
  experiment: Experiment,
  dose: number | null = remedy.dose?.values[0] ?? null,
): Candidate | { reason: string } {
  const change = keepWiring(experiment, (wired) => remedy.change(wired, dose ?? Number.NaN));
  if ('reason' in change) return change;
  const parsed = parseExperiment(copyOf(change.experiment));
  if (!parsed.ok) return { reason: parsed.error.map(({ message }) => message).join('; ') };
  const changed = parsed.value.experiment;
  if (canonicalJson(changed) === canonicalJson(experiment)) return { reason: 'it would change nothing' };
  return { remedy, dose, experiment: changed, patch: patchBetween(experiment, changed) };
}

/** @param rules names of the findings to treat */
export function propose(experiment: Experiment, rules: readonly string[]): Proposal {
  const results = remedies
    .filter(({ treats }) => treats.some((rule) => rules.includes(rule)))
    .map((remedy) => ({ remedy, result: applyRemedy(remedy, experiment) }));
  return {
    candidates: results.flatMap(({ result }) => ('reason' in result ? [] : [result])),
    not_applicable: results.flatMap(({ remedy, result }) =>
      'reason' in result ? [{ remedy: remedy.remedy, reason: result.reason }] : [],
    ),
  };
}
