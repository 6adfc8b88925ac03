/** @file What a rule is: from one run's Trace to a finding with evidence either way. Rules never know remedies. */
import type { Experiment } from '../experiment/index.ts';
import type { Trace } from '../statistics/index.ts';
import type { Evidence, Severity } from './check.ts';

export interface Threshold {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
  readonly rationale: string;
}

/** What a rule reads; where it is missing the check says so instead of passing. */
export type Need = 'probed_series' | 'unit_passes';

/** A rule's answer for one seed. */
export type SeedResult =
  | { readonly kind: 'not_evaluable'; readonly reason: string }
  | {
      readonly kind: 'evaluated';
      readonly found: boolean;
      readonly severity: Severity;
      readonly layers: readonly string[];
      readonly first_step: number | null;
      readonly evidence: readonly Omit<Evidence, 'seed'>[];
    };

export interface Rule {
  /** The file's name, a failing noun. */
  readonly rule: string;
  readonly title: string;
  readonly description: string;
  readonly needs: readonly Need[];
  readonly thresholds: Readonly<Record<string, Threshold>>;
  readonly sources: readonly string[];
  /** On how many seeds it has to hold: one, or more than half. */
  readonly quorum: 'any' | 'majority';
  examine(trace: Trace, experiment: Experiment): SeedResult;
  /** What a finding means, in one or two sentences. */
  explain(layers: readonly string[]): string;
}

export const notEvaluable = (reason: string): SeedResult => ({ kind: 'not_evaluable', reason });
