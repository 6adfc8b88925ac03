/** @file Two concentric circles, as in scikit-learn's `make_circles`. */
import { z } from 'zod';
import { defineData, describeClasses } from '../data_set.ts';
import { noiseOption, samplesOption } from '../options.ts';

export const circles = defineData({
  type: 'circles',
  title: 'Concentric circles',
  description:
    'Class 0: (cos t, sin t), class 1: factor · (cos t, sin t), t evenly spaced on [0, 2π); plus noise · N(0, 1) ' +
    'on both coordinates. Classes are balanced; without shuffling class 0 comes first.',
  sources: ['scikit-learn, sklearn.datasets.make_circles'],
  options: {
    samples: samplesOption(1000),
    noise: noiseOption(0.05),
    factor: z.number().min(0).lt(1).default(0.8).describe('Radius of the inner circle; the outer one has 1'),
  },
  describe: ({ samples }) => describeClasses(samples, [2], 2),
  generate({ samples, noise, factor }, random) {
    const inputs = new Float32Array(samples * 2);
    const targets = new Float32Array(samples);
    const outer = Math.floor(samples / 2);
    for (let i = 0; i < samples; i++) {
      const label = i < outer ? 0 : 1;
      const [position, count] = label === 0 ? [i, outer] : [i - outer, samples - outer];
      const t = (2 * Math.PI * position) / count;
      const radius = label === 0 ? 1 : factor;
      inputs[2 * i] = radius * Math.cos(t) + noise * random.normal();
      inputs[2 * i + 1] = radius * Math.sin(t) + noise * random.normal();
      targets[i] = label;
    }
    return { inputs, targets };
  },
});
