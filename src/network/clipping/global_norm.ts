/** @file All gradients scaled together, so that their joint L2 norm has a limit. */
import { z } from 'zod';
import { defineClipping, scale, sumOfSquares } from './clipping.ts';

export const globalNorm = defineClipping({
  type: 'global_norm',
  title: 'Clip by global norm',
  formula: 'g ← g · min(1, max_norm/‖g‖) over all tensors together',
  sources: ['Pascanu et al. 2013, arXiv:1211.5063'],
  options: { max_norm: z.number().gt(0).max(1e12).default(1).describe('Limit of the joint L2 norm') },
  clip: (gradients, { max_norm }) => {
    const norm = Math.sqrt(gradients.reduce((sum, { gradient }) => sum + sumOfSquares(gradient), 0));
    if (!(norm > max_norm)) return 0;
    for (const { gradient } of gradients) scale(gradient, max_norm / norm);
    return 1;
  },
  pytorch: ({ max_norm }) => `torch.nn.utils.clip_grad_norm_(model.parameters(), ${max_norm})`,
  keras: ({ max_norm }) => `global_clipnorm=${max_norm}`,
});
