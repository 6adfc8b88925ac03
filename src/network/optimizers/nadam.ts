/** @file Adam with Nesterov momentum. */

import {
  decayOption,
  defineOptimizer,
  epsilonOption,
  learningRateOption,
  type OptimizerStep,
} from './optimizer.ts';

interface Options {
  readonly beta_1: number;
  readonly beta_2: number;
  readonly epsilon: number;
}

/** Π over s = 1 … t of β₁(1 − 0.96ˢ/2), the product of the momentum schedule. */
const momentum = (beta: number, t: number) => beta * (1 - 0.5 * 0.96 ** t);
const product = (beta: number, t: number): number => {
  let result = 1;
  // Below 1e-12 the factor 1 − Πu is 1 in float32.
  for (let s = 1; s <= t && result > 1e-12; s++) result *= momentum(beta, s);
  return result;
};

function apply(step: OptimizerStep, { beta_1, beta_2, epsilon }: Options): void {
  const { kernels, weights, gradient, learningRate, t } = step;
  const [means, squares] = step.slots as [Float32Array, Float32Array];
  const [u, next] = [momentum(beta_1, t), momentum(beta_1, t + 1)];
  const past = product(beta_1, t);
  kernels.nadam(
    weights.length,
    weights.byteOffset,
    gradient.byteOffset,
    means.byteOffset,
    squares.byteOffset,
    learningRate,
    beta_1,
    beta_2,
    1 - beta_1,
    1 - beta_2,
    epsilon,
    next / (1 - past * next),
    (1 - u) / (1 - past),
    1 / (1 - beta_2 ** t),
  );
}

export const nadam = defineOptimizer({
  type: 'nadam',
  title: 'Nadam',
  formula: 'w ← w − lr (u₊ m/(1−Πu·u₊) + (1−u) g/(1−Πu)) / (√(v/(1−β₂ᵗ)) + ε), u = β₁(1 − 0.96ᵗ/2)',
  sources: [
    'Dozat 2016, Incorporating Nesterov momentum into Adam',
    'Keras 3, keras/src/optimizers/nadam.py',
  ],
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
    `torch.optim.NAdam(model.parameters(), lr=${learning_rate}, betas=(${beta_1}, ${beta_2}), eps=${epsilon})`,
  keras: ({ learning_rate, beta_1, beta_2, epsilon }) =>
    `keras.optimizers.Nadam(${learning_rate}, beta_1=${beta_1}, beta_2=${beta_2}, epsilon=${epsilon})`,
});
