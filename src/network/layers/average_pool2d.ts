/** @file Average pooling over images. */
import { calculus as c } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { POOLING_THEORY, poolingCode, poolingOptions, poolingWindow, surround } from './pooling.ts';
import { windowElements } from './window.ts';

export const averagePool2d = defineLayer({
  type: 'average_pool2d',
  family: 'pooling',
  title: 'Average pooling over images',
  formula: 'y[c, p] = mean over the window at p·stride of x[c, ·]; padding does not count',
  sources: ['LeCun et al. 1998, Gradient-based learning applied to document recognition'],
  options: poolingOptions,
  build({ g }, x, options) {
    const window = poolingWindow(options);
    const sum = windowElements(g, surround(g, x, window, 0), window).reduce((a, b) => c.add(g, a, b));
    if (options.padding === 'valid')
      return c.mul(g, sum, g.constant(1 / (window.window[0] as number) / (window.window[1] as number)));
    const ones = c.expand(g, g.constant(1), [1, 1, ...x.shape.slice(2)]);
    const counts = windowElements(g, surround(g, ones, window, 0), window).reduce((a, b) => c.add(g, a, b));
    return c.div(g, sum, counts);
  },
  theory: POOLING_THEORY,
  code: (options, { inputShape: [, ...size] }) =>
    poolingCode({ pytorch: 'AvgPool2d', keras: 'AveragePooling2D' }, options, size, {
      value: '0.0',
      argument: ', count_include_pad=False',
    }),
});
