/** @file Two interleaving half circles, as in scikit-learn's `make_moons`. */
import { defineData, describeClasses } from '../data_set.ts';
import { noiseOption, samplesOption } from '../options.ts';

export const moons = defineData({
  type: 'moons',
  title: 'Two moons',
  description:
    'Class 0: (cos t, sin t), class 1: (1 − cos t, 1/2 − sin t), t evenly spaced on [0, π]; plus noise · N(0, 1) ' +
    'on both coordinates. Classes are balanced.',
  sources: ['scikit-learn, sklearn.datasets.make_moons'],
  options: { samples: samplesOption(1000), noise: noiseOption(0.1) },
  describe: ({ samples }) => describeClasses(samples, [2], 2),
  generate({ samples, noise }, random) {
    const inputs = new Float32Array(samples * 2);
    const targets = new Float32Array(samples);
    const upper = Math.floor(samples / 2);
    for (let i = 0; i < samples; i++) {
      const label = i < upper ? 0 : 1;
      const [position, count] = label === 0 ? [i, upper] : [i - upper, samples - upper];
      const t = count > 1 ? (Math.PI * position) / (count - 1) : 0;
      inputs[2 * i] = (label === 0 ? Math.cos(t) : 1 - Math.cos(t)) + noise * random.normal();
      inputs[2 * i + 1] = (label === 0 ? Math.sin(t) : 0.5 - Math.sin(t)) + noise * random.normal();
      targets[i] = label;
    }
    return { inputs, targets };
  },
});
