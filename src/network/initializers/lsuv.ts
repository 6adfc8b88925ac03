/** @file Layer-sequential unit variance: orthonormal kernels, scaled layer by layer on data. */
import { defineInitializer } from './initializer.ts';
import { orthogonal } from './orthogonal.ts';

export const lsuv = defineInitializer({
  type: 'lsuv',
  title: 'Layer-sequential unit variance',
  formula:
    'orthonormal; then, from the first layer to the last, w ← w/√(variance of the layer’s output before its activation, ' +
    'on the first training batch). Kernels of dense and convolutional layers are scaled, those inside recurrent and ' +
    'attention layers stay orthonormal',
  sources: ['Mishkin & Matas 2016, arXiv:1511.06422'],
  options: {},
  unitVariance: true,
  fill: (out, target, random, _options, checkpoint) =>
    orthogonal.bind({ gain: 1 }).fill(out, target, random, checkpoint),
  pytorch: () => 'nn.init.orthogonal_(w)',
  vector: () => 'nn.init.normal_(w).data.div_(w.data.norm())',
  kerasVector: () =>
    'lambda shape, dtype=None: (lambda x: x / keras.ops.norm(x))(keras.random.normal(shape))',
  keras: () => 'keras.initializers.Orthogonal()',
});
