/** @file A layer that is applied once more, with the same weights. */
import { InvariantError } from '../../util/assert.ts';
import { defineLayer, layerNameOption } from './layer.ts';

export const shared = defineLayer({
  type: 'shared',
  family: 'composite',
  title: 'A layer once more',
  synonyms: ['reuse', 'siamese', 'tied'],
  formula:
    'the layer named `layer`, with its options and its weights, on another input; the gradient of the weights is the sum over all places',
  sources: [
    'Bromley et al. 1993, Signature verification using a Siamese time delay neural network',
    'Lan et al. 2019, arXiv:1909.11942',
  ],
  options: {
    layer: layerNameOption.describe(
      'Name of a layer above it, in the same list. What that layer holds is applied again, too; running averages move once for every place',
    ),
  },
  reference: 'layer',
  build() {
    throw new InvariantError('the layer that is meant stands in its place before anything is built');
  },
  theory: 'the layer that is meant stands in its place',
  code: () => ({ pytorch: [], keras: [] }),
});
