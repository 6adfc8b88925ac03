/** @file An activation as a layer of its own. */
import { activationSchema, resolveActivation } from '../activation_config.ts';
import { defineLayer } from './layer.ts';

export const activation = defineLayer({
  type: 'activation',
  title: 'Activation',
  formula: 'y = φ(x), elementwise (softmax: over the features)',
  sources: ['Keras, keras.layers.Activation'],
  options: { activation: activationSchema },
  build: (context, x, options) => context.activate(x, options.activation),
  code(options, { features }) {
    const { pytorch, keras } = resolveActivation(options.activation);
    return { pytorch: [pytorch(features)], keras: [keras] };
  },
});
