/** @file Root-mean-square normalization. */

import { calculus as c } from '../../graph/index.ts';
import { perSample } from '../propagation/normalize.ts';
import { alongFeatures, defineLayer, epsilonOption, features, sampleAxes } from './layer.ts';

export const rmsNorm = defineLayer({
  type: 'rms_norm',
  family: 'normalization',
  title: 'RMS normalization',
  synonyms: ['rms_normalization'],
  formula:
    'y = γ x/√(mean(x²) + ε), the mean over the features of each sample (each time step; channels, height and width ' +
    'of images); gamma [features]',
  sources: ['Zhang & Sennrich 2019, arXiv:1910.07467'],
  options: { epsilon: epsilonOption },
  mask: 'passed',
  build(context, x, { epsilon }) {
    const { g } = context;
    const fans = { fanIn: features(x), fanOut: features(x) };
    const gamma = context.parameter('gamma', [features(x)], { ...fans, initializer: 'ones' });
    const square = c.reduceMean(g, c.mul(g, x, x), sampleAxes(x), true);
    const normalized = c.div(g, x, c.sqrt(g, c.add(g, square, g.constant(epsilon))));
    return c.mul(g, normalized, c.reshape(g, gamma, alongFeatures(x)));
  },
  theory: (input, _surroundings, { epsilon }) =>
    perSample(input, epsilon, new Float64Array(input.samples), 1),
  // For images, nn.RMSNorm and Keras would have a scale per element or normalize one axis: the nearest that they have.
  code: ({ epsilon }, { features: count, inputShape }) => ({
    pytorch: [
      inputShape.length === 3
        ? `nn.RMSNorm((${inputShape.join(', ')}), eps=${epsilon})`
        : `nn.RMSNorm(${count}, eps=${epsilon})`,
    ],
    keras: [
      `layers.RMSNormalization(${inputShape.length === 3 ? 'axis=(1, 2, 3), ' : ''}epsilon=${epsilon})`,
    ],
  }),
});
