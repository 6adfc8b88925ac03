/** @file Normalization of every channel of every sample. */
import { normalizeGroups, torchGroupNorm } from './grouped.ts';
import { defineLayer, epsilonOption, features } from './layer.ts';

export const instanceNorm = defineLayer({
  type: 'instance_norm',
  family: 'normalization',
  title: 'Instance normalization',
  formula:
    'y = γ (x − μ)/√(σ² + ε) + β, μ and σ² (biased) of each sample and channel over height and width (time); gamma, beta ' +
    '[features]',
  sources: ['Ulyanov et al. 2016, arXiv:1607.08022'],
  options: { epsilon: epsilonOption },
  build(context, x, { epsilon }) {
    if (x.shape.length < 3)
      context.g.refuse('takes images [channels, height, width] or sequences [time, features]');
    return normalizeGroups(context, x, features(x), epsilon);
  },
  theory: 'the variance within a channel depends on the correlation between positions',
  code: ({ epsilon }, { features: count, inputShape }) => ({
    pytorch: torchGroupNorm(count, count, epsilon, inputShape),
    keras: [`layers.GroupNormalization(-1, ${inputShape.length === 3 ? 'axis=1, ' : ''}epsilon=${epsilon})`],
  }),
});
