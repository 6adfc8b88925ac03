/** @file Options that several data sets share. */
import { z } from 'zod';

/** More samples than this are refused: a training set of this service fits into memory many times over. */
export const MAX_SAMPLES = 250_000;

/** Inputs and targets together: 12 MB as float32; what a body of 16 MiB can hold. */
export const MAX_NUMBERS = 3_000_000;

/** More classes than this are no classes: integers beyond are taken for values. */
export const MAX_CLASSES = 10_000;

export const samplesOption = (initial: number) =>
  z
    .int()
    .min(2)
    .max(MAX_SAMPLES)
    .default(initial)
    .describe('Number of samples, training and validation together');

export const noiseOption = (initial: number) =>
  z
    .number()
    .min(0)
    .max(1e6)
    .default(initial)
    .describe('Standard deviation of the Gaussian noise that is added');

/** For tables of a given length. */
export const tableSamplesOption = (rows: number) =>
  z
    .int()
    .min(2)
    .max(rows)
    .nullable()
    .default(null)
    .describe(
      'How many samples to use: the first ones after shuffling (without shuffling, in the given order); null: all',
    );

/** Options of every data set, beside its own. */
export const commonOptions = {
  standardize: z
    .boolean()
    .default(false)
    .describe(
      'Subtract from each feature its mean and divide by its (biased) standard deviation, both measured on the training split. A constant feature is only centred',
    ),
  standardize_targets: z
    .boolean()
    .default(false)
    .describe(
      'For regression: scale each target to mean 0 and (biased) standard deviation 1, both measured on the training split. Losses are those of the scaled targets; the report also gives them in the scale of the data',
    ),
  scale: z.number().default(1).describe('Factor on all inputs, applied before `standardize`'),
  validation_split: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .describe(
      'Fraction held back for validation: the last round(samples · fraction) samples, at least 1; 0: none',
    ),
  shuffle: z
    .boolean()
    .default(true)
    .describe('Shuffle before splitting and again in each epoch; false: always keep the given order'),
};

/** The option of every data set whose own options do not say what its targets are. */
export const targetsOption = {
  targets: z
    .literal('inputs')
    .optional()
    .describe('"inputs": the target of every sample is its own input, scaled like it (an autoencoder)'),
};

export type CommonOptions = z.output<z.ZodObject<typeof commonOptions>>;
