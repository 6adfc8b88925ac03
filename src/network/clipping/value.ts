/** @file Every element limited by itself. */
import { z } from 'zod';
import { countOf, defineClipping } from './clipping.ts';

export const value = defineClipping({
  type: 'value',
  title: 'Clip by value',
  formula: 'g ← min(max(g, −max_value), max_value)',
  sources: ['Keras, keras.optimizers.Optimizer, clipvalue'],
  options: { max_value: z.number().gt(0).max(1e12).default(0.5).describe('Limit of the absolute value') },
  clip: (gradients, { max_value }) => {
    let clipped = 0;
    for (const { gradient } of gradients) {
      for (let i = 0; i < gradient.length; i++) {
        const g = gradient[i] as number;
        if (Math.abs(g) <= max_value || Number.isNaN(g)) continue;
        gradient[i] = Math.sign(g) * max_value;
        clipped++;
      }
    }
    return clipped / countOf(gradients);
  },
  pytorch: ({ max_value }) => `torch.nn.utils.clip_grad_value_(model.parameters(), ${max_value})`,
  keras: ({ max_value }) => `clipvalue=${max_value}`,
});
