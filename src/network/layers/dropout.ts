/** @file Dropout. */
import { droppedAtRandom } from '../propagation/zeros.ts';
import { dropParts, rateOption } from './drop.ts';
import { defineLayer } from './layer.ts';

export const dropout = defineLayer({
  type: 'dropout',
  family: 'noise',
  title: 'Dropout',
  formula: 'y = x/(1 − rate) with probability 1 − rate, else 0, per element; in inference y = x',
  sources: ['Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting'],
  options: { rate: rateOption('elements') },
  mask: 'passed',
  build: (context, x, { rate }) => dropParts(context, x, rate, x.shape),
  theory: (input, _surroundings, { rate }) => droppedAtRandom(input, rate),
  code: ({ rate }) => ({ pytorch: [`nn.Dropout(${rate})`], keras: [`layers.Dropout(${rate})`] }),
});
