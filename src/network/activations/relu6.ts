/** @file The rectifier clipped at 6. */
import { defineActivation } from './activation.ts';

export const relu6 = defineActivation({
  type: 'relu6',
  title: 'ReLU6',
  formula: 'min(max(x, 0), 6)',
  sources: ['Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10'],
  options: {},
  initializer: 'he_normal',
  apply: (m, x) => m.min(m.relu(x), m.constant(6)),
  pytorch: () => 'nn.ReLU6()',
  keras: () => 'layers.Activation("relu6")',
});
