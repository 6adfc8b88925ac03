/** @file The sine, as in implicit representations. */
import { defineActivation } from './activation.ts';

export const sine = defineActivation({
  type: 'sine',
  title: 'Sine',
  synonyms: ['sin'],
  formula: 'sin(x)',
  sources: ['Sitzmann et al. 2020, arXiv:2006.09661'],
  options: {},
  initializer: 'lecun_normal',
  apply: (m, x) => m.sin(x),
  pytorch: () => 'Expression(lambda x: torch.sin(x))',
  keras: () => 'layers.Activation(keras.ops.sin)',
});
