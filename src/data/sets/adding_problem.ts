/** @file The adding problem: two numbers of a long sequence are marked; their sum is asked for. */
import { z } from 'zod';
import { defineData, describeValues } from '../data_set.ts';
import { samplesOption } from '../options.ts';

export const addingProblem = defineData({
  type: 'adding_problem',
  title: 'Adding problem',
  description:
    'Sequences [length, 2]: a number uniform on [0, 1), and a mark that is 1 at one random step of either half and 0 ' +
    'elsewhere → the sum of the two marked numbers. Always answering 1 has a mean squared error of 1/6.',
  sources: ['Hochreiter & Schmidhuber 1997, experiment 4', 'Le et al. 2015, arXiv:1504.00941, section 4.1'],
  options: {
    samples: samplesOption(1000),
    length: z.int().min(2).max(1000).default(50).describe('Time steps'),
  },
  describe: ({ samples, length }) => describeValues(samples, [length, 2], 1),
  generate({ samples, length }, random) {
    const inputs = new Float32Array(samples * length * 2);
    const targets = new Float32Array(samples);
    const half = length >> 1;
    for (let i = 0; i < samples; i++) {
      const sequence = inputs.subarray(i * length * 2, (i + 1) * length * 2);
      for (let t = 0; t < length; t++) sequence[2 * t] = random.uniform();
      const marked = [
        Math.floor(random.uniform() * half),
        half + Math.floor(random.uniform() * (length - half)),
      ];
      for (const t of marked) {
        sequence[2 * t + 1] = 1;
        targets[i] = (targets[i] as number) + (sequence[2 * t] as number);
      }
    }
    return { inputs, targets };
  },
});
