/** @file What torch.nn.Linear and Conv2d do for kernels and biases. */
import { fillUniform, kerasVariance, torchVariance } from './distributions.ts';
import { defineInitializer } from './initializer.ts';

export const torchDefault = defineInitializer({
  type: 'torch_default',
  title: 'PyTorch default',
  formula: 'w ~ U(−1/√fan_in, 1/√fan_in)',
  sources: ['PyTorch, torch/nn/modules/linear.py'],
  options: {},
  fill: (out, { fanIn }, random) => fillUniform(out, random, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn)),
  moments: ({ fanIn }) => ({ mean: 0, variance: 1 / (3 * fanIn) }),
  pytorch: () => 'nn.init.kaiming_uniform_(w, a=5 ** 0.5)',
  vector: (_options, { fanIn }) => torchVariance(1 / (3 * fanIn), 'uniform'),
  kerasVector: (_options, { fanIn }) => kerasVariance(1 / (3 * fanIn), 'uniform'),
  keras: () => 'keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")',
});
