/** @file The exponential; overflows to infinity above x = 88.7 in float32. */
import { defineActivation } from './activation.ts';

export const exponential = defineActivation({
  type: 'exponential',
  title: 'Exponential',
  synonyms: ['exp'],
  formula: 'exp(x)',
  sources: ['Keras, keras.activations.exponential'],
  options: {},
  initializer: 'lecun_normal',
  apply: (m, x) => m.exp(x),
  pytorch: () => 'Expression(lambda x: torch.exp(x))',
  keras: () => 'layers.Activation("exponential")',
});
