/** @file A drop when the mean training loss of an epoch has not improved for a while. */
import { z } from 'zod';
import { defineSchedule, stretched } from './schedule.ts';

const MOST_EPOCHS = 1e6;

export const reduceOnPlateau = defineSchedule({
  type: 'reduce_on_plateau',
  title: 'Reduce on plateau',
  synonyms: ['reduce_lr_on_plateau'],
  formula: 'factor^(number of plateaus so far)',
  sources: ['Keras, keras.callbacks.ReduceLROnPlateau'],
  options: {
    factor: z.number().gt(0).lt(1).default(0.1).describe('Factor of each drop'),
    patience: z
      .int()
      .min(1)
      .max(MOST_EPOCHS)
      .default(10)
      .describe('Epochs without improvement before a drop'),
    min_delta: z.number().min(0).max(1e6).default(1e-4).describe('Smallest decrease of the loss that counts'),
    min_factor: z.number().min(0).max(1).default(0).describe('Lower limit of the factor'),
  },
  create: (options, { stepsPerEpoch }) => {
    let [factor, best, waited, sum, count] = [1, Number.POSITIVE_INFINITY, 0, 0, 0];
    const endEpoch = (loss: number) => {
      waited = loss < best - options.min_delta ? 0 : waited + 1;
      best = Math.min(best, loss);
      if (waited < options.patience) return;
      factor = Math.max(factor * options.factor, options.min_factor);
      waited = 0;
    };
    return {
      factor: () => factor,
      observe(loss) {
        sum += loss;
        if (++count < stepsPerEpoch) return;
        endEpoch(sum / count);
        [sum, count] = [0, 0];
      },
    };
  },
  stretch: (options, { epochs }) => ({
    ...options,
    patience: stretched(options.patience, epochs, MOST_EPOCHS),
  }),
  python: ({ factor, patience, min_delta, min_factor }, { stepsPerEpoch }) => ({
    factor: 'plateau.factor',
    plateau: `ReduceOnPlateau(${factor}, ${patience}, ${min_delta}, ${min_factor}, ${stepsPerEpoch})`,
  }),
});
