/** @file Spatial dropout over time. */
import { droppedAtRandom } from '../propagation/zeros.ts';
import { dropParts, rateOption } from './drop.ts';
import { defineLayer } from './layer.ts';
import { checkSequence } from './window.ts';

export const spatialDropout1d = defineLayer({
  type: 'spatial_dropout1d',
  family: 'noise',
  title: 'Spatial dropout over time',
  formula:
    'y = x/(1 − rate) with probability 1 − rate, else 0, for a whole feature of a sequence at once; in inference y = x',
  sources: ['Tompson et al. 2015, arXiv:1411.4280'],
  options: { rate: rateOption('features') },
  mask: 'passed',
  build(context, x, { rate }) {
    checkSequence(context.g, x);
    const [batch = 1, , features = 1] = x.shape;
    return dropParts(context, x, rate, [batch, 1, features]);
  },
  theory: (input, _surroundings, { rate }) => droppedAtRandom(input, rate),
  code: ({ rate }) => ({
    pytorch: ['Transpose(1, 2)', `nn.Dropout1d(${rate})`, 'Transpose(1, 2)'],
    keras: [`layers.SpatialDropout1D(${rate})`],
  }),
});
