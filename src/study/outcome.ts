/** @file What the first round shows of a candidate. */
import type { Candidate } from '../remedies/index.ts';

export interface DosePoint {
  readonly dose: number;
  readonly value: number;
}

/** What one seed showed. */
export interface Outcome {
  /** The value of the goal; the smaller the better. */
  readonly value: number;
  /** Nothing serious was found. */
  readonly healthy: boolean;
  /** Which share of the steps was made. */
  readonly share: number;
  /** Where none was made: whether it was for its work, or because trainings are counted. */
  readonly left_out?: 'work' | 'trials';
}

/** A candidate after the first round. */
export interface Screened extends Outcome {
  /** With the dose that came out best. */
  readonly candidate: Candidate;
  /** The goal of the baseline, measured in the same way. */
  readonly baseline: number;
  /** Every dose, in the order of the remedy; empty where it has none. */
  readonly curve: readonly DosePoint[];
}
