/** @file Adagrad: gradients over the root of their summed squares. */
import { z } from 'zod';
import { defineOptimizer, epsilonOption, learningRateOption, type OptimizerStep } from './optimizer.ts';

function apply(step: OptimizerStep, { epsilon }: { readonly epsilon: number }): void {
  const { kernels, weights, gradient, learningRate } = step;
  const [sums] = step.slots as [Float32Array];
  const { byteOffset: w, length } = weights;
  kernels.adagrad(length, w, gradient.byteOffset, sums.byteOffset, learningRate, epsilon);
}

export const adagrad = defineOptimizer({
  type: 'adagrad',
  title: 'Adagrad',
  formula: 'a ← a + g²; w ← w − lr g/√(a + ε)',
  sources: ['Duchi et al. 2011', 'Keras 3, keras/src/optimizers/adagrad.py'],
  options: {
    learning_rate: learningRateOption(0.001),
    initial_accumulator_value: z.number().min(0).max(1e6).default(0.1).describe('Initial sum of squares'),
    epsilon: epsilonOption,
  },
  adaptive: true,
  slots: ({ initial_accumulator_value }) => [initial_accumulator_value],
  apply,
  pytorch: ({ learning_rate, initial_accumulator_value, epsilon }) =>
    `torch.optim.Adagrad(model.parameters(), lr=${learning_rate}, initial_accumulator_value=${initial_accumulator_value}, eps=${epsilon})`,
  keras: ({ learning_rate, initial_accumulator_value, epsilon }) =>
    `keras.optimizers.Adagrad(${learning_rate}, initial_accumulator_value=${initial_accumulator_value}, epsilon=${epsilon})`,
});
