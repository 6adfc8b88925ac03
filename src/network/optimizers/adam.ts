/** @file Adam: running means of the gradient and its square. */

import { type AdamOptions, adamUpdate } from './adam_update.ts';
import {
  decayOption,
  defineOptimizer,
  epsilonOption,
  learningRateOption,
  type OptimizerStep,
} from './optimizer.ts';

const apply = (step: OptimizerStep, options: AdamOptions): void => adamUpdate(step, options, 0);

export const adam = defineOptimizer({
  type: 'adam',
  title: 'Adam',
  formula: 'w ← w − lr √(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε)',
  sources: ['Kingma & Ba 2015, arXiv:1412.6980', 'Keras 3, keras/src/optimizers/adam.py'],
  options: {
    learning_rate: learningRateOption(0.001),
    beta_1: decayOption(0.9, 'the mean of gradients'),
    beta_2: decayOption(0.999, 'the mean of squared gradients'),
    epsilon: epsilonOption,
  },
  adaptive: true,
  slots: () => [0, 0],
  apply,
  pytorch: ({ learning_rate, beta_1, beta_2, epsilon }) =>
    `torch.optim.Adam(model.parameters(), lr=${learning_rate}, betas=(${beta_1}, ${beta_2}), eps=${epsilon})`,
  keras: ({ learning_rate, beta_1, beta_2, epsilon }) =>
    `keras.optimizers.Adam(${learning_rate}, beta_1=${beta_1}, beta_2=${beta_2}, epsilon=${epsilon})`,
});
