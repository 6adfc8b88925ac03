/** @file The rectifier whose left slope is learned, one per feature. */
import { defineActivation, slopeOption } from './activation.ts';

export const prelu = defineActivation({
  type: 'prelu',
  title: 'Parametric ReLU',
  formula: 'x > 0 ? x : slope * x',
  sources: ['He et al. 2015, arXiv:1502.01852'],
  options: { initial_slope: slopeOption(0.25).describe('Initial value of every slope') },
  initializer: 'he_normal',
  parameters: ({ initial_slope }) => ({ slope: initial_slope }),
  apply: (m, x, { initial_slope }, { slope }) =>
    m.where(m.greater(x, m.constant(0)), x, m.mul(slope ?? m.constant(initial_slope), x)),
  // PyTorch has the features (channels) of a sequence before the time.
  pytorch({ initial_slope }, features, axes) {
    const module = `nn.PReLU(${features}, init=${initial_slope})`;
    return axes === 2 || axes === 4 ? `nn.Sequential(Transpose(1, 2), ${module}, Transpose(1, 2))` : module;
  },
  keras: ({ initial_slope }) =>
    `layers.PReLU(alpha_initializer=keras.initializers.Constant(${initial_slope}))`,
});
