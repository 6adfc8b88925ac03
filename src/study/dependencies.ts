/** @file What a study is given and says while it goes: trials to train, phases, progress. */
import type { Experiment } from '../experiment/index.ts';
import type { Trace } from '../statistics/index.ts';
import type { Report } from './report.ts';

/** One training: an experiment, one seed, and the name that its statistics carry. */
export interface Trial {
  /** `baseline/<seed>` or `<remedy>/<seed>` */
  readonly run: string;
  readonly experiment: Experiment;
  readonly seed: number;
  /** Its weights are to be had afterwards: of the baseline, and of what is recommended. */
  readonly keepWeights: boolean;
  /** Of one core, as estimated, where somebody has done so already: for a deep network that takes a while. */
  readonly seconds?: number;
}

export const phases = [
  'queued',
  'baseline',
  'screening',
  'verification',
  'recommendation',
  'report',
] as const;
export type Phase = (typeof phases)[number];

export interface Progress {
  readonly phase: Phase;
  readonly completed_trials: number;
  /** About how many there will be: no fewer than have begun, and no more than `remedies.max_trials`. */
  readonly total_trials: number;
  /** Of a design search: the function with the lowest screening loss so far. */
  readonly best: { readonly formula: string; readonly value: number } | null;
}

export interface StudyDependencies {
  /** Trains, or returns the trace of the same trial run before. Rejects when the study is cancelled. */
  train(trial: Trial): Promise<Trace>;
  /**
   * These will probably be asked for next, the likeliest first, and nothing else that was expected before: what has a thread to spare may
   * train them ahead. A report does not depend on it.
   */
  expect?(trials: readonly Trial[]): void;
  onProgress(progress: Progress): void;
  /** Whether `remedies.max_duration_s` is over: what has not begun is then left out. */
  isOutOfTime(): boolean;
}

export type StudyReport = Omit<Report, 'job_id'>;
