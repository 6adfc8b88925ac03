/** @file The fully connected layer. */

import { z } from 'zod';
import { calculus as c, type Tensor } from '../../graph/index.ts';
import { resolveActivation } from '../activation_config.ts';
import { affine } from '../propagation/affine.ts';
import { initializerArgument, python } from './code.ts';
import {
  activationOption,
  biasInitializerOption,
  defineLayer,
  kernelInitializerOption,
  type LayerContext,
  layerNameOption,
  useBiasOption,
} from './layer.ts';

/** The table or kernel of the layer that is named, transposed: [in, units]. */
function tiedKernel(context: LayerContext, wanted: readonly number[]): Tensor {
  const { g } = context;
  const source = context.borrowed({ embedding: 'table', dense: 'kernel' });
  if (source.shape.toReversed().join() !== wanted.join())
    g.refuse(
      `takes [${wanted[0]}] to [${wanted[1]}] with weights [${source.shape.join(', ')}] transposed, which take [${source.shape[1]}] to [${source.shape[0]}]`,
      `give it ${source.shape[0]} units, and ${source.shape[1]} features`,
    );
  return c.transpose(g, source, [1, 0]);
}

export const dense = defineLayer({
  type: 'dense',
  family: 'product',
  title: 'Dense',
  synonyms: ['linear', 'fully_connected', 'fc', 'affine'],
  formula:
    'y = φ(x W + b); x […, in], W (kernel) [in, units], b (bias) [units]; with `tied_to` W is the table or kernel of another layer, transposed',
  sources: [
    'Rosenblatt 1958, The perceptron',
    'Keras, keras.layers.Dense',
    'Press & Wolf 2017, arXiv:1608.05859 (tied_to)',
  ],
  options: {
    units: z.int().min(1).max(65_536).describe('Number of outputs'),
    activation: activationOption,
    tied_to: layerNameOption
      .optional()
      .describe(
        'Name of an embedding or a dense layer above it, in the same list: its table [vocabulary, in] or kernel [units, in], transposed, is the kernel, trained in both places. Default: a kernel of its own',
      ),
    use_bias: useBiasOption,
    kernel_initializer: kernelInitializerOption,
    bias_initializer: biasInitializerOption,
  },
  mask: 'passed',
  reference: 'tied_to',
  build(context, x, options) {
    const { g } = context;
    const fanIn = x.shape.at(-1) ?? 1;
    const { units } = options;
    const fans = { fanIn, fanOut: units };
    const kernel =
      options.tied_to === undefined
        ? context.parameter('kernel', [fanIn, units], { ...fans, initializer: options.kernel_initializer })
        : tiedKernel(context, [fanIn, units]);
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
  theory(input, surroundings, { units, activation, tied_to }) {
    if (tied_to !== undefined)
      return { reason: `its kernel is that of "${tied_to}", which its input may come from` };
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
    { units, activation, tied_to, use_bias, kernel_initializer, bias_initializer },
    { inputFeatures, outputShape, reference },
  ) {
    const { name, pytorch, keras } = resolveActivation(activation);
    const bias = use_bias ? '' : `, bias=${python(false)}`;
    const kerasBias = use_bias
      ? initializerArgument('bias', bias_initializer, 'zeros')
      : `, use_bias=${python(false)}`;
    const kerasKernel = initializerArgument('kernel', kernel_initializer, 'glorot_uniform');
    const linear = name === 'linear';
    const act = { pytorch: linear ? [] : [pytorch(units, outputShape.length)], keras: linear ? [] : [keras] };
    if (tied_to !== undefined)
      return {
        pytorch: [`TiedLinear(${reference}, ${units}${bias})`, ...act.pytorch],
        keras: [`TiedDense(${reference}${kerasBias})`, ...act.keras],
      };
    return {
      pytorch: [`nn.Linear(${inputFeatures}, ${units}${bias})`, ...act.pytorch],
      keras: [`layers.Dense(${units}${kerasKernel}${kerasBias})`, ...act.keras],
    };
  },
});
