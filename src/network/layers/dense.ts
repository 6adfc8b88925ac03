/** @file The fully connected layer. */

import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { resolveActivation } from '../activation_config.ts';
import { affine } from '../propagation/affine.ts';
import { initializerArgument, python } from './code.ts';
import {
  activationOption,
  biasInitializerOption,
  defineLayer,
  kernelInitializerOption,
  useBiasOption,
} from './layer.ts';

export const dense = defineLayer({
  type: 'dense',
  family: 'product',
  title: 'Dense',
  synonyms: ['linear', 'fully_connected', 'fc', 'affine'],
  formula: 'y = φ(x W + b); x […, in], W (kernel) [in, units], b (bias) [units]',
  sources: ['Rosenblatt 1958, The perceptron', 'Keras, keras.layers.Dense'],
  options: {
    units: z.int().min(1).max(65_536).describe('Number of outputs'),
    activation: activationOption,
    use_bias: useBiasOption,
    kernel_initializer: kernelInitializerOption,
    bias_initializer: biasInitializerOption,
  },
  mask: 'passed',
  build(context, x, options) {
    const { g } = context;
    const fanIn = x.shape.at(-1) ?? 1;
    const { units } = options;
    const fans = { fanIn, fanOut: units };
    const kernel = context.parameter('kernel', [fanIn, units], {
      ...fans,
      initializer: options.kernel_initializer,
    });
    const rows = c.asMatrix(g, x);
    const product = options.use_bias
      ? c.affine(
          g,
          rows,
          kernel,
          context.parameter('bias', [units], { ...fans, initializer: options.bias_initializer }),
        )
      : c.gemm(g, rows, kernel);
    return context.activate(c.reshape(g, product, [...x.shape.slice(0, -1), units]), options.activation);
  },
  theory(input, surroundings, { units, activation }) {
    const fanIn = input.shape.at(-1) ?? 1;
    const connections = {
      shape: [...input.shape.slice(0, -1), units],
      fanIn,
      fanOut: units,
      elements: fanIn * units,
      perPosition: input.shape.length === 1,
    };
    return affine(input, surroundings, connections, activation);
  },
  code(
    { units, activation, use_bias, kernel_initializer, bias_initializer },
    { inputFeatures, outputShape },
  ) {
    const { name, pytorch, keras } = resolveActivation(activation);
    const bias = use_bias ? '' : `, bias=${python(false)}`;
    const kerasBias = use_bias
      ? initializerArgument('bias', bias_initializer, 'zeros')
      : `, use_bias=${python(false)}`;
    const kerasKernel = initializerArgument('kernel', kernel_initializer, 'glorot_uniform');
    const linear = name === 'linear';
    return {
      pytorch: [
        `nn.Linear(${inputFeatures}, ${units}${bias})`,
        ...(linear ? [] : [pytorch(units, outputShape.length)]),
      ],
      keras: [`layers.Dense(${units}${kerasKernel}${kerasBias})`, ...(linear ? [] : [keras])],
    };
  },
});
