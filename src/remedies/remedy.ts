/** @file What a remedy is: a pure function from an experiment to a patch. Remedies name the rules they treat. */
import type { RuleName } from '../diagnosis/index.ts';
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

export interface Remedy<Name extends string = string> {
  /** The file's name, an imperative. */
  readonly remedy: Name;
  readonly title: string;
  readonly rationale: string;
  readonly sources: readonly string[];
  readonly treats: readonly RuleName[];
  readonly effort: Effort;
  /** How much of it; the first value is the usual one. */
  readonly dose?: Dose;
  /** @param dose one of the dose's values; NaN where the remedy has none */
  change(experiment: Experiment, dose: number): Change;
}

/** Keeps the remedy's name as a type while it is checked against the interface. */
export const defineRemedy = <const Name extends string>(remedy: Remedy<Name>): Remedy<Name> => remedy;
