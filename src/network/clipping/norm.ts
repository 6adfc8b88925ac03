/** @file Each gradient scaled by itself, so that its L2 norm has a limit. */
import { z } from 'zod';
import { countOf, defineClipping, scale, sumOfSquares } from './clipping.ts';

export const norm = defineClipping({
  type: 'norm',
  title: 'Clip by norm',
  formula: 'g ← g · min(1, max_norm/‖g‖) per tensor',
  sources: ['Keras, keras.optimizers.Optimizer, clipnorm'],
  options: { max_norm: z.number().gt(0).max(1e12).default(1).describe('Limit of each L2 norm') },
  clip: (gradients, { max_norm }) => {
    let clipped = 0;
    for (const { gradient } of gradients) {
      const norm = Math.sqrt(sumOfSquares(gradient));
      if (!(norm > max_norm)) continue;
      scale(gradient, max_norm / norm);
      clipped += gradient.length;
    }
    return clipped / countOf(gradients);
  },
  pytorch: ({ max_norm }) => `for p in model.parameters(): torch.nn.utils.clip_grad_norm_(p, ${max_norm})`,
  keras: ({ max_norm }) => `clipnorm=${max_norm}`,
});
