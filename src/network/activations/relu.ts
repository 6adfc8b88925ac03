/** @file The rectifier; relu′(0) = 0. */
import { defineActivation } from './activation.ts';

export const relu = defineActivation({
  type: 'relu',
  title: 'Rectified linear unit',
  formula: 'max(x, 0)',
  sources: [
    'Nair & Hinton 2010, Rectified linear units improve restricted Boltzmann machines',
    'He et al. 2015, arXiv:1502.01852',
  ],
  options: {},
  initializer: 'he_normal',
  apply: (m, x) => m.relu(x),
  pytorch: () => 'nn.ReLU()',
  keras: () => 'layers.Activation("relu")',
});
