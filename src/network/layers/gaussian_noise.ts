/** @file Additive Gaussian noise. */

import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { pairwise, sum } from '../propagation/signal.ts';
import { identity } from '../propagation/transfer.ts';
import { defineLayer } from './layer.ts';

export const gaussianNoise = defineLayer({
  type: 'gaussian_noise',
  family: 'noise',
  title: 'Gaussian noise',
  formula: 'y = x + stddev · N(0, 1) per element; in inference y = x',
  sources: ['Bishop 1995, Training with noise is equivalent to Tikhonov regularization'],
  options: { stddev: z.number().min(0).max(1e6).describe('Standard deviation of the noise') },
  mask: 'passed',
  build({ g, mode, noise }, x, { stddev }) {
    if (mode === 'inference' || stddev === 0) return x;
    return c.add(g, x, c.mul(g, noise('normal', x.shape), g.constant(stddev)));
  },
  theory(input, _surroundings, { stddev }) {
    const noise = pairwise(input.samples, (a, b) => (a === b ? stddev * stddev : 0));
    return identity({ ...input, gram: sum(input.gram, noise) });
  },
  code: ({ stddev }) => ({
    pytorch: [`GaussianNoise(${stddev})`],
    keras: [`layers.GaussianNoise(${stddev})`],
  }),
});
