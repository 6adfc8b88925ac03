/** @file Adam with decoupled weight decay. */
import { z } from 'zod';
import { type AdamOptions, adamUpdate } from './adam_update.ts';
import {
  decayOption,
  defineOptimizer,
  epsilonOption,
  learningRateOption,
  type OptimizerStep,
} from './optimizer.ts';

const apply = (step: OptimizerStep, options: AdamOptions & { weight_decay: number }): void =>
  adamUpdate(step, options, step.learningRate * options.weight_decay);

export const adamw = defineOptimizer({
  type: 'adamw',
  title: 'AdamW',
  formula: 'w ← w − lr λ w − lr √(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε)',
  sources: ['Loshchilov & Hutter 2019, arXiv:1711.05101', 'Keras 3, keras/src/optimizers/adamw.py'],
  options: {
    learning_rate: learningRateOption(0.001),
    beta_1: decayOption(0.9, 'the mean of gradients'),
    beta_2: decayOption(0.999, 'the mean of squared gradients'),
    epsilon: epsilonOption,
    weight_decay: z.number().min(0).max(10).default(0.004).describe('λ, on every parameter'),
  },
  adaptive: true,
  slots: () => [0, 0],
  apply,
  pytorch: ({ learning_rate, beta_1, beta_2, epsilon, weight_decay }) =>
    `torch.optim.AdamW(model.parameters(), lr=${learning_rate}, betas=(${beta_1}, ${beta_2}), eps=${epsilon}, weight_decay=${weight_decay})`,
  keras: ({ learning_rate, beta_1, beta_2, epsilon, weight_decay }) =>
    `keras.optimizers.AdamW(${learning_rate}, weight_decay=${weight_decay}, beta_1=${beta_1}, beta_2=${beta_2}, epsilon=${epsilon})`,
});
