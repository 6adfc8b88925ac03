/** @file What a remedy is: a pure function from an experiment to a patch. Remedies name the rules they treat. */
import type { Experiment } from '../experiment/index.ts';

export const efforts = ['setting', 'initializer', 'activation', 'architecture'] as const;
export type Effort = (typeof efforts)[number];

/** A changed experiment, or why there is nothing to change. */
export type Change = { readonly experiment: Experiment } | { readonly reason: string };

/** A remedy that comes in amounts. */
export interface Dose {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly [number, ...number[]];
}

export interface Remedy {
  /** The file's name, an imperative. */
  readonly remedy: string;
  readonly title: string;
  readonly rationale: string;
  readonly sources: readonly string[];
  readonly treats: readonly string[];
  readonly effort: Effort;
  /** How much of it; the first value is the usual one. */
  readonly dose?: Dose;
  /** @param dose one of the dose's values; NaN where the remedy has none */
  change(experiment: Experiment, dose: number): Change;
}
