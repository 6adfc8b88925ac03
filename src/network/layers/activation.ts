/** @file An activation as a layer of its own. */

import { activationSchema, resolveActivation } from '../activation_config.ts';
import { identity } from '../propagation/transfer.ts';
import { defineLayer } from './layer.ts';

export const activation = defineLayer({
  type: 'activation',
  family: 'elementwise',
  takesVolumes: true,
  title: 'Activation',
  synonyms: ['nonlinearity'],
  formula: 'y = φ(x), elementwise (softmax: over the features)',
  sources: ['Keras, keras.layers.Activation'],
  options: { activation: activationSchema },
  inert: ({ activation: config }) => resolveActivation(config).name === 'linear',
  mask: 'passed',
  build: (context, x, options) => context.activate(x, options.activation),
  theory: (input, _surroundings, { activation: config }) => ({
    ...identity(input),
    activation: resolveActivation(config),
  }),
  code(options, { features, outputShape }) {
    const { pytorch, keras } = resolveActivation(options.activation);
    return { pytorch: [pytorch(features, outputShape.length)], keras: [keras] };
  },
});
