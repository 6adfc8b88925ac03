/** @file The identity: a matrix, cut or padded with zeros, or a convolution that hands its channels on. */
import { z } from 'zod';
import { defineInitializer, isConvolution } from './initializer.ts';

export const identity = defineInitializer({
  type: 'identity',
  title: 'Identity',
  formula:
    'w_ij = gain if i = j, else 0; of convolution kernels [out, in, …window] in the middle of the window only',
  sources: ['Le et al. 2015, arXiv:1504.00941'],
  options: { gain: z.number().min(-1e6).max(1e6).default(1).describe('Value on the diagonal') },
  fill: (out, { shape }, _random, { gain }) => {
    const convolution = isConvolution(shape);
    const [rows, columns] = [shape[0] ?? 1, (convolution ? shape[1] : shape.at(-1)) ?? 1];
    const window = convolution ? shape.slice(2) : [];
    const size = window.reduce((product, length) => product * length, 1);
    const middle = window.reduce((flat, length) => flat * length + ((length - 1) >> 1), 0);
    out.fill(0);
    for (let i = 0; i < Math.min(rows, columns); i++) out[(i * columns + i) * size + middle] = gain;
  },
  pytorch({ gain }, { shape }) {
    if (isConvolution(shape)) {
      const middle = shape.slice(2).map((length) => (length - 1) >> 1);
      return `nn.init.zeros_(w).data[range(min(w.shape[:2])), range(min(w.shape[:2])), ${middle.join(', ')}] = ${gain}`;
    }
    return gain === 1 ? 'nn.init.eye_(w)' : `nn.init.eye_(w).data.mul_(${gain})`;
  },
  // As it is filled: the first of them.
  vector: ({ gain }) => `nn.init.zeros_(w).data[0] = ${gain}`,
  kerasVector: ({ gain }) => `lambda shape, dtype=None: ${gain} * keras.ops.one_hot(0, shape[0])`,
  keras: ({ gain }) => `keras.initializers.Identity(${gain})`,
});
