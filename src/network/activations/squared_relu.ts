/** @file The squared rectifier. */
import { defineActivation } from './activation.ts';

export const squaredRelu = defineActivation({
  type: 'squared_relu',
  title: 'Squared ReLU',
  synonyms: ['relu_squared'],
  formula: 'max(x, 0)²',
  sources: ['So et al. 2021, arXiv:2109.08668'],
  options: {},
  initializer: 'he_normal',
  apply: (m, x) => m.mul(m.relu(x), m.relu(x)),
  pytorch: () => 'Expression(lambda x: torch.relu(x) ** 2)',
  keras: () => 'layers.Activation(lambda x: keras.ops.relu(x) ** 2)',
});
