/** @file Options that several data sets share. */
import { z } from 'zod';

/** More samples than this are refused: a training set of this service fits into memory many times over. */
export const MAX_SAMPLES = 100_000;

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

/** Options of every data set, beside its own. */
export const commonOptions = {
  standardize: z
    .boolean()
    .default(false)
    .describe(
      'Subtract the mean and divide by the standard deviation of each feature, both of the training split',
    ),
  scale: z.number().default(1).describe('Factor on all inputs, applied before `standardize`'),
  validation_split: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .describe('Fraction held back for validation; 0 for none'),
  shuffle: z
    .boolean()
    .default(true)
    .describe('Shuffle before splitting and again in each epoch; false keeps the given order throughout'),
};
