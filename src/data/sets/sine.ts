/** @file Regression on a sine wave. */
import { z } from 'zod';
import { defineData, describeValues } from '../data_set.ts';
import { noiseOption, samplesOption } from '../options.ts';

export const sine = defineData({
  type: 'sine',
  title: 'Sine wave',
  description: 'y = sin(x) + noise · N(0, 1), x uniform on [min, max] (one period, −π to π, by default).',
  sources: ['GradClinic: a regression whose noise-free answer is known'],
  options: {
    samples: samplesOption(1000),
    noise: noiseOption(0.1),
    min: z.number().min(-1e4).max(1e4).default(-Math.PI).describe('Lower end of x'),
    max: z.number().min(-1e4).max(1e4).default(Math.PI).describe('Upper end of x'),
  },
  check: ({ min, max }) =>
    min < max
      ? []
      : [{ path: ['max'], message: `must be greater than min (${min})`, fix: 'Swap min and max' }],
  describe: ({ samples }) => describeValues(samples, [1], 1),
  generate({ samples, noise, min, max }, random) {
    const inputs = new Float32Array(samples);
    const targets = new Float32Array(samples);
    for (let i = 0; i < samples; i++) {
      inputs[i] = min + (max - min) * random.uniform();
      // The sine of the stored float32 number, so that the formula holds for the data as they are.
      targets[i] = Math.sin(inputs[i] as number) + noise * random.normal();
    }
    return { inputs, targets };
  },
});
