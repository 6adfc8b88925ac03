/** @file Lion: the sign of an interpolated momentum. */

import { decayOption, defineOptimizer, learningRateOption, type OptimizerStep } from './optimizer.ts';

function apply(
  step: OptimizerStep,
  { beta_1, beta_2 }: { readonly beta_1: number; readonly beta_2: number },
): void {
  const { kernels, weights, gradient, learningRate } = step;
  const [momentum] = step.slots as [Float32Array];
  kernels.lion(
    weights.length,
    weights.byteOffset,
    gradient.byteOffset,
    momentum.byteOffset,
    learningRate,
    beta_1,
    beta_2,
    1 - beta_1,
    1 - beta_2,
  );
}

export const lion = defineOptimizer({
  type: 'lion',
  title: 'Lion',
  formula: 'w ← w − lr sign(β₁ m + (1−β₁) g); m ← β₂ m + (1−β₂) g',
  sources: ['Chen et al. 2023, arXiv:2302.06675', 'Keras 3, keras/src/optimizers/lion.py'],
  options: {
    learning_rate: learningRateOption(0.001),
    beta_1: decayOption(0.9, 'the momentum in the update'),
    beta_2: decayOption(0.99, 'the momentum that is kept'),
  },
  adaptive: true,
  slots: () => [0],
  apply,
  pytorch: ({ learning_rate, beta_1, beta_2 }) =>
    `Lion(model.parameters(), lr=${learning_rate}, betas=(${beta_1}, ${beta_2}))  # pip install lion-pytorch`,
  keras: ({ learning_rate, beta_1, beta_2 }) =>
    `keras.optimizers.Lion(${learning_rate}, beta_1=${beta_1}, beta_2=${beta_2})`,
});
