/** @file The Trace: the plain-data record that one training leaves. Diagnosis reads this and the experiment, nothing else. */

import type { BatchOrder, DataSummary } from '../data/index.ts';

/** One metric over the probed steps. Values are as measured: NaN and ±Infinity included. */
export interface Series {
  /** Null for the run as a whole. */
  readonly layer: string | null;
  /** `output`, `output_gradient`, a parameter's name, `<parameter>.gradient`, `<parameter>.update`; null for the run. */
  readonly tensor: string | null;
  readonly metric: string;
  readonly steps: Int32Array;
  readonly values: Float64Array;
}

export interface TracedLayer {
  readonly name: string;
  readonly type: string;
  /** Without the batch. */
  readonly output_shape: readonly number[];
  /** Trained numbers. */
  readonly parameters: number;
  /** Names of its parameters: kernel, bias, … */
  readonly parameter_names: readonly string[];
  /** Its own activation, unless linear. */
  readonly activation: string | null;
  /** Outputs at or beyond these count as saturated; null where the activation has no two bounds. */
  readonly saturation: { readonly low: number; readonly high: number } | null;
  /** Its units can be stuck at exactly 0 with slope 0. */
  readonly dead_zone: boolean;
  /** Gives the prediction. */
  readonly is_output: boolean;
  /** Names of the layers and inputs that it takes; of a layer that holds others also of the last of those. */
  readonly inputs?: readonly string[];
}

/** Means over a whole split in inference mode; losses include the penalty where they do not say otherwise. */
export interface Evaluation {
  readonly loss: number;
  /** Without the penalty: by itself, since beside 1e28 the difference of two float32 numbers has no digits. */
  readonly data_loss: number;
  /** The part of every loss that is regularization. */
  readonly penalty: number;
  /** Fraction right; null for regression. */
  readonly accuracy: number | null;
  /** Null without a validation split. */
  readonly validation_loss: number | null;
  readonly validation_data_loss: number | null;
  readonly validation_accuracy: number | null;
  /** Losses (no penalty) in the scale that the targets had before they were standardized; null where they were not. */
  readonly original?: { readonly loss: number; readonly validation_loss: number | null } | null;
}

/** Units of one layer over a full pass of the training split, in inference mode. */
export interface UnitPass {
  readonly step: number;
  readonly layer: string;
  readonly units: number;
  /** Units that are exactly 0 on every sample, where the activation has a dead zone; else null. */
  readonly dead_units: number | null;
  /** Units that are saturated on at least `SATURATED_SAMPLES` of the samples; null without saturation. */
  readonly saturated_units: number | null;
  /** Which they are, by index; absent of a training that another program has recorded. */
  readonly dead?: Uint32Array | null;
  readonly saturated?: Uint32Array | null;
}

/** Losses (no penalty) and accuracies of the same training samples in both modes of the same network, at one step. */
export interface ModeComparison {
  readonly step: number;
  readonly samples: number;
  /** With batch statistics and dropout, as a training step sees them. */
  readonly training: { readonly loss: number; readonly accuracy: number | null };
  /** With running averages and no noise, as the network is used. */
  readonly inference: { readonly loss: number; readonly accuracy: number | null };
}

/** What a plain, well-known learner reaches on the same data, in units of what a constant is wrong by. */
export interface Reference {
  readonly kind: string;
  /** (loss − least) / (constant − least) on the training split; ∞ where it diverged. */
  readonly training_ratio: number;
  /** The same on the validation split; null without one. */
  readonly validation_ratio: number | null;
  readonly validation_samples: number;
  /** Of the samples that the experiment sees, the part that it saw: less than 1 where it had to be shortened; absent: all. */
  readonly seen?: number;
  /** Absent unless it was shortened: whether its loss still fell at its end. */
  readonly still_falls?: boolean;
}

/** The first steps again, half or all of them, at another learning rate. */
export interface RateTrial {
  /** What the learning rate was multiplied by. */
  readonly factor: number;
  readonly steps: number;
  /** Mean data loss of the last fifth of these steps, as a ratio like that of a reference; ∞ where it diverged. */
  readonly loss_ratio: number;
  /** The same of the training itself, after as many steps. */
  readonly own_ratio: number;
  /** Loss on the validation split after these steps, as a ratio like that of a reference; null without such a split. */
  readonly validation_ratio: number | null;
}

/** Units of one kernel that are copies of another at step 0: same weights, same gradient. */
export interface TiedUnits {
  readonly layer: string;
  readonly tensor: string;
  readonly units: number;
  readonly tied: number;
}

/** Where numbers first stopped being finite. */
export interface Divergence {
  readonly step: number;
  readonly layer: string | null;
  /** `loss` where every layer was still finite. */
  readonly tensor: string;
  readonly direction: 'forward' | 'backward';
  readonly value: 'nan' | 'inf' | '-inf';
}

export interface Trace {
  readonly seed: number;
  readonly steps_planned: number;
  /** Updates that were made; fewer than planned where the training diverged. */
  readonly steps_completed: number;
  readonly layers: readonly TracedLayer[];
  readonly series: readonly Series[];
  /** Training loss on the batch of every step, penalty included. */
  readonly losses: Float64Array;
  /** L2 norm of all gradients together, of every step, before clipping. */
  readonly gradient_norms: Float64Array;
  readonly initial: Evaluation;
  readonly final: Evaluation;
  /** Training loss on the batch of every step without the penalty; `losses` where there is none. */
  readonly data_losses: Float64Array;
  /** Loss on the training split of the best prediction that ignores the input. */
  readonly constant_loss: number;
  /** Loss on the training split of a prediction that equals the targets: 0, but for soft ones. */
  readonly least_loss: number;
  /** The same of the validation split, whose targets may be less or more sure; absent where it is that of the training split. */
  readonly validation_least_loss?: number;
  /** Empty where no layer behaves differently in training and in inference. */
  readonly modes: readonly ModeComparison[];
  /** Null where one batch is the whole split. */
  readonly batch_order: BatchOrder | null;
  /** Null where none was trained beside. */
  readonly reference: Reference | null;
  /** Empty where none was made. */
  readonly rate_trials: readonly RateTrial[];
  readonly unit_passes: readonly UnitPass[];
  readonly divergence: Divergence | null;
  readonly tied_units: readonly TiedUnits[];
  readonly data: DataSummary;
  /** Fraction right of the training samples (of their time steps) of each class, after the last update; null where there are no classes. */
  readonly class_recall: readonly number[] | null;
  /**
   * How many time steps each class has, after those that have the same class in all samples are left out; absent where a sample has
   * one class.
   */
  readonly class_steps?: readonly number[];
  /** Fraction of these time steps of each class for which the largest class is the answer; absent where a sample has one class. */
  readonly taken_for_largest?: readonly number[];
  /** Of every label, after the last update; absent unless a sample has several labels or places, each of them 0 or 1. */
  readonly label_recall?: readonly LabelRecall[];
  /** Null where they were not asked for. */
  readonly weights: TracedWeights | null;
}

/**
 * One of several labels of a sample: how often it has its rarer value, in which fraction of these samples that is found, and in which of
 * the others the common one is.
 */
export interface LabelRecall {
  /** What has the label, and is counted; absent where it is the sample. */
  readonly of?: 'time steps' | 'pixels';
  readonly rarer: 0 | 1;
  readonly samples: number;
  readonly others: number;
  readonly recall: number;
  /** Absent in records of earlier versions. */
  readonly others_recall?: number;
}

/** All weights and running averages, as safetensors files. */
export interface TracedWeights {
  readonly initial: Uint8Array;
  readonly final: Uint8Array;
}

/** A unit counts as saturated when it is so on at least this fraction of the samples. */
export const SATURATED_SAMPLES = 0.95;
