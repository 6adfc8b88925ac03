/** @file Stochastic gradient descent, with momentum. */
import { z } from 'zod';
import { defineOptimizer, learningRateOption, momentumOption, type OptimizerStep } from './optimizer.ts';

interface Options {
  readonly momentum: number;
  readonly nesterov: boolean;
}

function apply(
  { kernels, weights, gradient, slots, learningRate }: OptimizerStep,
  { momentum, nesterov }: Options,
): void {
  // No velocity is kept without momentum.
  const velocity = slots[0]?.byteOffset ?? 0;
  const { byteOffset: w, length } = weights;
  kernels.sgd(length, w, gradient.byteOffset, velocity, learningRate, momentum, Number(nesterov));
}

export const sgd = defineOptimizer({
  type: 'sgd',
  title: 'SGD',
  synonyms: ['gradient_descent', 'stochastic_gradient_descent', 'momentum'],
  formula: 'v ← m v − lr g; w ← w + v (Nesterov: w + m v − lr g)',
  sources: ['Robbins & Monro 1951', 'Polyak 1964', 'Keras 3, keras/src/optimizers/sgd.py'],
  options: {
    learning_rate: learningRateOption(0.01),
    momentum: momentumOption,
    nesterov: z.boolean().default(false).describe('Look ahead along the momentum'),
  },
  adaptive: false,
  slots: ({ momentum }) => (momentum === 0 ? [] : [0]),
  apply,
  pytorch: ({ learning_rate, momentum, nesterov }) =>
    `torch.optim.SGD(model.parameters(), lr=${learning_rate}${momentum === 0 ? '' : `, momentum=${momentum}`}${nesterov ? ', nesterov=True' : ''})`,
  keras: ({ learning_rate, momentum, nesterov }) =>
    `keras.optimizers.SGD(${learning_rate}${momentum === 0 ? '' : `, momentum=${momentum}`}${nesterov ? ', nesterov=True' : ''})`,
});
