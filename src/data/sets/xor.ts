/** @file Exclusive or on the corners of a square, with noise. */
import { defineData, describeClasses } from '../data_set.ts';
import { noiseOption, samplesOption } from '../options.ts';

export const xor = defineData({
  type: 'xor',
  title: 'Exclusive or',
  description:
    'x = (a, b) + noise · N(0, I) with a, b ∈ {−1, 1}; class 1 where a · b < 0 (the signs differ), else 0. The label is ' +
    'that of the corner, whatever the noise does. The corners (−1, −1), (−1, 1), (1, −1), (1, 1) take turns, so ' +
    'classes are balanced; noise 0 and 4 samples give the truth table.',
  sources: ['M. Minsky, S. Papert, Perceptrons, 1969'],
  options: { samples: samplesOption(1000), noise: noiseOption(0.2) },
  describe: ({ samples }) => describeClasses(samples, [2], 2),
  generate({ samples, noise }, random) {
    const inputs = new Float32Array(samples * 2);
    const targets = new Float32Array(samples);
    for (let i = 0; i < samples; i++) {
      const a = i % 4 < 2 ? -1 : 1;
      const b = i % 2 === 0 ? -1 : 1;
      inputs[2 * i] = a + noise * random.normal();
      inputs[2 * i + 1] = b + noise * random.normal();
      targets[i] = a * b < 0 ? 1 : 0;
    }
    return { inputs, targets };
  },
});
