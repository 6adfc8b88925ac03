/** @file The parity of a sequence of bits. */
import { z } from 'zod';
import { defineData, describeClasses } from '../data_set.ts';
import { samplesOption } from '../options.ts';

export const parity = defineData({
  type: 'parity',
  title: 'Parity',
  description:
    'Sequences [length, 1] of random bits 0 and 1 → 1 where the number of ones is odd, else 0. Also as tokens [length]. ' +
    'No part of the sequence tells anything without all the rest.',
  sources: [
    'Hochreiter & Schmidhuber 1997',
    'Bengio et al. 1994, Learning long-term dependencies is difficult',
  ],
  options: {
    samples: samplesOption(1000),
    length: z.int().min(1).max(1000).default(10).describe('Number of bits'),
  },
  describe: ({ samples, length }) => ({
    ...describeClasses(samples, [length, 1], 2),
    reshapable: true,
    tokens: 2,
  }),
  generate({ samples, length }, random) {
    const inputs = Float32Array.from({ length: samples * length }, () => Number(random.uniform() < 0.5));
    const targets = Float32Array.from({ length: samples }, (_, i) => {
      const bits = inputs.subarray(i * length, (i + 1) * length);
      return bits.reduce((sum, bit) => sum + bit, 0) % 2;
    });
    return { inputs, targets };
  },
});
