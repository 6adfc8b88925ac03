/** @file What a rule is: from one run's Trace to a finding with evidence either way. Rules never know remedies. */
import type { Experiment } from '../experiment/index.ts';
import type { Trace } from '../statistics/index.ts';
import type { Evidence, Severity } from './check.ts';

export type Side = 'above' | 'below';

export interface Threshold {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
  readonly rationale: string;
  /** On which side of it health is; below, unless said otherwise. */
  readonly healthy?: Side;
  /** Part of how it is measured: a request cannot change it. */
  readonly fixed?: true;
}

/** What a rule reads; where it is missing the check says so instead of passing. */
export type Need = 'probed_series' | 'unit_passes' | 'experiment';

/** Without a side it has that of the rule's threshold of the metric's name. */
export type SeedEvidence = Omit<Evidence, 'seed' | 'healthy'> & { readonly healthy?: Side | null };

/** A rule's answer for one seed. */
export type SeedResult =
  | { readonly kind: 'not_evaluable'; readonly reason: string }
  | {
      readonly kind: 'evaluated';
      readonly found: boolean;
      readonly severity: Severity;
      readonly layers: readonly string[];
      readonly first_step: number | null;
      readonly evidence: readonly SeedEvidence[];
    };

/** What a finding's explanation is made from. */
export interface Finding {
  readonly layers: readonly string[];
  /** Of the seeds on which it was found; those beyond their threshold first. */
  readonly evidence: readonly Evidence[];
  readonly traces: readonly Trace[];
  readonly experiment: Experiment | null;
}

/** What a rule says of itself. */
interface Description<Id extends string, Name extends string, Effect extends string> {
  /** The file's name, a failing noun. */
  readonly rule: Id;
  readonly title: string;
  readonly description: string;
  readonly needs: readonly Need[];
  readonly thresholds: Readonly<Record<Name, Threshold>>;
  readonly sources: readonly string[];
  /** Rules whose findings this one explains. */
  readonly brings_about: readonly Effect[];
  /** It shows because something else is wrong: where that is found too, that is what is to be treated. */
  readonly is_consequence: boolean;
  /** How a trace from elsewhere records what the rule reads; null where only a job measures it. */
  readonly recorded_as: string | null;
  /** On how many seeds it has to hold: one, or more than half. */
  readonly quorum: 'any' | 'majority';
  /** What this finding means here: which side, where, which numbers, in one to three sentences. */
  explain(finding: Finding): string;
}

interface Definition<Id extends string, Name extends string, Effect extends string>
  extends Description<Id, Name, Effect> {
  /** @param limits the values of the thresholds, the request's where it gives one */
  examine(trace: Trace, experiment: Experiment, limits: Readonly<Record<Name, number>>): SeedResult;
}

/** Values of thresholds by name, as a request gives them. */
export type GivenLimits = Readonly<Record<string, number>>;

export interface Rule<
  Id extends string = string,
  Effect extends string = string,
  Name extends string = string,
> extends Description<Id, Name, Effect> {
  /** The values of its thresholds. */
  limits(given?: GivenLimits): Readonly<Record<Name, number>>;
  /** @param given replaces the values of these thresholds */
  examine(trace: Trace, experiment: Experiment, given?: GivenLimits): SeedResult;
}

/** The rule with its thresholds bound. Its name and its effects stay types, so that the list of rules can be checked. */
export function defineRule<const Id extends string, const Effect extends string, Name extends string>(
  rule: Definition<Id, Name, Effect>,
): Rule<Id, Effect, Name> {
  const names = Object.keys(rule.thresholds) as Name[];
  const limits = (given: GivenLimits = {}) =>
    Object.fromEntries(names.map((name) => [name, given[name] ?? rule.thresholds[name].value])) as Record<
      Name,
      number
    >;
  return {
    ...rule,
    limits,
    examine: (trace, experiment, given) => rule.examine(trace, experiment, limits(given)),
  };
}

export const notEvaluable = (reason: string): SeedResult => ({ kind: 'not_evaluable', reason });

/** Evidence of the run as a whole, or of a layer. */
export const evidenceOf = (
  metric: string,
  value: number,
  threshold: number | null,
  unit: string,
  where: {
    readonly layer?: string | null;
    readonly step?: number | null;
    readonly healthy?: Side | null;
  } = {},
): SeedEvidence => ({
  metric,
  layer: where.layer ?? null,
  step: where.step ?? null,
  value,
  threshold,
  unit,
  ...(where.healthy === undefined ? {} : { healthy: where.healthy }),
});
