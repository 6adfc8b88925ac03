/** @file Friedman's first regression problem, as in scikit-learn's `make_friedman1`. */
import { defineData, describeValues } from '../data_set.ts';
import { noiseOption, samplesOption } from '../options.ts';

const FEATURES = 10;

export const friedman = defineData({
  type: 'friedman',
  title: 'Friedman #1',
  description:
    'y = 10 sin(π x₁ x₂) + 20 (x₃ − 1/2)² + 10 x₄ + 5 x₅ + noise · N(0, 1), ten features uniform on [0, 1], of which ' +
    'the last five are irrelevant.',
  sources: [
    'J. H. Friedman, Multivariate adaptive regression splines, Annals of Statistics 19, 1991 (noise 1)',
    'scikit-learn, sklearn.datasets.make_friedman1',
  ],
  options: { samples: samplesOption(1000), noise: noiseOption(1) },
  describe: ({ samples }) => describeValues(samples, [FEATURES], 1),
  generate({ samples, noise }, random) {
    const inputs = new Float32Array(samples * FEATURES);
    const targets = new Float32Array(samples);
    for (let i = 0; i < samples; i++) {
      const x = inputs.subarray(i * FEATURES, (i + 1) * FEATURES);
      for (let j = 0; j < FEATURES; j++) x[j] = random.uniform();
      const [x1 = 0, x2 = 0, x3 = 0, x4 = 0, x5 = 0] = x;
      const y = 10 * Math.sin(Math.PI * x1 * x2) + 20 * (x3 - 0.5) ** 2 + 10 * x4 + 5 * x5;
      targets[i] = y + noise * random.normal();
    }
    return { inputs, targets };
  },
});
