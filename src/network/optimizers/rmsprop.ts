/** @file RMSprop: gradients over a running root mean square. */
import { z } from 'zod';
import {
  decayOption,
  defineOptimizer,
  epsilonOption,
  learningRateOption,
  momentumOption,
  type OptimizerStep,
} from './optimizer.ts';

interface Options {
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;
}

function apply(step: OptimizerStep, { rho, momentum, epsilon, centered }: Options): void {
  const { kernels, weights, gradient, learningRate } = step;
  const [squares, means, updates] = step.slots as [Float32Array, Float32Array, Float32Array];
  kernels.rmsprop(
    weights.length,
    weights.byteOffset,
    gradient.byteOffset,
    squares.byteOffset,
    means.byteOffset,
    updates.byteOffset,
    learningRate,
    rho,
    1 - rho,
    momentum,
    epsilon,
    Number(centered),
  );
}

export const rmsprop = defineOptimizer({
  type: 'rmsprop',
  title: 'RMSprop',
  formula: 'v ← ρ v + (1−ρ) g²; w ← w − lr g/√(v + ε)',
  sources: ['Tieleman & Hinton 2012, Lecture 6.5', 'Keras 3, keras/src/optimizers/rmsprop.py'],
  options: {
    learning_rate: learningRateOption(0.001),
    rho: decayOption(0.9, 'the mean of squared gradients'),
    momentum: momentumOption,
    epsilon: epsilonOption,
    centered: z.boolean().default(false).describe('Subtract the squared mean of gradients'),
  },
  adaptive: true,
  slots: () => [0, 0, 0],
  apply,
  pytorch: ({ learning_rate, rho, momentum, epsilon, centered }) =>
    `torch.optim.RMSprop(model.parameters(), lr=${learning_rate}, alpha=${rho}, eps=${epsilon}, momentum=${momentum}, centered=${centered ? 'True' : 'False'})`,
  keras: ({ learning_rate, rho, momentum, epsilon, centered }) =>
    `keras.optimizers.RMSprop(${learning_rate}, rho=${rho}, momentum=${momentum}, epsilon=${epsilon}, centered=${centered ? 'True' : 'False'})`,
});
