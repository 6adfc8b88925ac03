/** @file Max pooling over images. */
import { calculus as c, type Tensor } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { POOLING_THEORY, poolingCode, poolingOptions, poolingWindow, surround } from './pooling.ts';
import { windowElements } from './window.ts';

export const maxPool2d = defineLayer({
  type: 'max_pool2d',
  family: 'pooling',
  title: 'Max pooling over images',
  formula:
    'y[c, p] = max over the window at p·stride of x[c, ·]; padding never wins. The gradient goes to the first of equal ' +
    'largest elements, row by row',
  sources: ['Ranzato et al. 2007, Unsupervised learning of invariant feature hierarchies'],
  options: poolingOptions,
  build({ g }, x, options) {
    const window = poolingWindow(options);
    const elements = windowElements(g, surround(g, x, window, Number.NEGATIVE_INFINITY), window);
    // A later element has to be larger to take the place of an earlier one.
    return elements.reduce((most, next) => c.where(g, c.greater(g, next, most), next, most)) as Tensor;
  },
  theory: POOLING_THEORY,
  code: (options, { inputShape: [, ...size] }) =>
    poolingCode({ pytorch: 'MaxPool2d', keras: 'MaxPooling2D' }, options, size, {
      value: '-float("inf")',
      argument: '',
    }),
});
