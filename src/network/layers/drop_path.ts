/** @file Stochastic depth: a whole sample's values are dropped, which in a residual branch leaves the input. */
import { droppedAtRandom } from '../propagation/zeros.ts';
import { dropParts, rateOption } from './drop.ts';
import { defineLayer } from './layer.ts';

export const dropPath = defineLayer({
  type: 'drop_path',
  family: 'noise',
  title: 'Stochastic depth',
  formula:
    'y = x/(1 − rate) with probability 1 − rate, else 0, for a whole sample at once; in inference y = x',
  sources: ['Huang et al. 2016, arXiv:1603.09382'],
  options: { rate: rateOption('samples') },
  mask: 'passed',
  build: (context, x, { rate }) =>
    dropParts(
      context,
      x,
      rate,
      x.shape.map((size, axis) => (axis === 0 ? size : 1)),
    ),
  theory: (input, _surroundings, { rate }) => droppedAtRandom(input, rate),
  code: ({ rate }, { inputShape }) => ({
    pytorch: [`DropPath(${rate})`],
    keras: [`layers.Dropout(${rate}, noise_shape=(None, ${inputShape.map(() => 1).join(', ')}))`],
  }),
});
