/** @file The residual connection. */
import { calculus as c } from '../../graph/index.ts';
import { defineLayer, kernelInitializerOption } from './layer.ts';

export const residual = defineLayer({
  type: 'residual',
  title: 'Residual connection',
  formula:
    'y = x + f(x), f the layers inside; where shapes differ y = x P + f(x), P (projection/kernel) [in, out]',
  sources: ['He et al. 2016, arXiv:1512.03385'],
  options: { kernel_initializer: kernelInitializerOption.describe('Of the projection') },
  composite: 'built',
  build(context, x, { kernel_initializer }) {
    const { g } = context;
    const y = context.body(x);
    if (x.shape.join() === y.shape.join()) return c.add(g, x, y);
    const [fanIn, fanOut] = [x.shape.at(-1) ?? 1, y.shape.at(-1) ?? 1];
    const kernel = context.parameter('projection/kernel', [fanIn, fanOut], {
      fanIn,
      fanOut,
      initializer: kernel_initializer,
    });
    const projected = c.reshape(g, c.gemm(g, c.asMatrix(g, x), kernel), [...x.shape.slice(0, -1), fanOut]);
    // Only the features may differ: other axes fail here, in the name of this layer.
    return c.add(g, projected, c.reshape(g, y, projected.shape));
  },
  code(_options, { body, inputFeatures, features }) {
    const projection =
      inputFeatures === features ? '' : `, nn.Linear(${inputFeatures}, ${features}, bias=False)`;
    return {
      pytorch: [`Residual(nn.Sequential(${body.pytorch.join(', ')})${projection})`],
      keras: [
        `Residual([${body.keras.join(', ')}]${inputFeatures === features ? '' : `, layers.Dense(${features}, use_bias=False)`})`,
      ],
    };
  },
});
