/** @file Normalization over groups of channels. */
import { z } from 'zod';
import { perSample } from '../propagation/normalize.ts';
import { sizeOf } from '../propagation/signal.ts';
import { normalizeGroups, torchGroupNorm } from './grouped.ts';
import { defineLayer, epsilonOption } from './layer.ts';

export const groupNorm = defineLayer({
  type: 'group_norm',
  family: 'normalization',
  title: 'Group normalization',
  synonyms: ['group_normalization'],
  formula:
    'y = γ (x − μ)/√(σ² + ε) + β, μ and σ² (biased) of each sample over a group of channels (and height, width; and time); ' +
    'gamma, beta [features]',
  sources: ['Wu & He 2018, arXiv:1803.08494'],
  options: {
    groups: z.int().min(1).max(65_536).default(32).describe('Divides the number of channels (features)'),
    epsilon: epsilonOption,
  },
  build: (context, x, { groups, epsilon }) => normalizeGroups(context, x, groups, epsilon),
  // The gradient loses two directions of each group: that of the mean, and that of the values.
  theory: (input, _surroundings, { groups, epsilon }) =>
    perSample(input, epsilon, input.mean, 2, sizeOf(input.shape) / groups),
  code: ({ groups, epsilon }, { features: count, inputShape }) => ({
    pytorch: torchGroupNorm(groups, count, epsilon, inputShape),
    keras: [
      `layers.GroupNormalization(${groups}, ${inputShape.length === 3 ? 'axis=1, ' : ''}epsilon=${epsilon})`,
    ],
  }),
});
