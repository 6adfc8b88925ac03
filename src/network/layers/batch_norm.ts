/** @file Batch normalization. */

import { z } from 'zod';
import { calculus as c, type Tensor } from '../../graph/index.ts';
import { overBatch } from '../propagation/normalize.ts';
import { alongFeatures, defineLayer, epsilonOption, featureAxis, features } from './layer.ts';
import { heedingCode, meanOfKept } from './masks.ts';

export const batchNorm = defineLayer({
  type: 'batch_norm',
  family: 'normalization',
  takesVolumes: true,
  title: 'Batch normalization',
  synonyms: ['batch_normalization', 'batch_norm1d', 'batch_norm2d', 'batch_norm3d'],
  formula:
    'y = γ (x − μ)/√(σ² + ε) + β per feature; in training μ and σ² (biased) of the batch (and time, height, width; masked time steps left out), ' +
    'in inference their running averages r ← momentum r + (1 − momentum) batch; gamma, beta [features]',
  sources: ['Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1'],
  options: {
    momentum: z
      .number()
      .min(0)
      .max(1)
      .default(0.99)
      .describe('Of the running averages: the fraction that is kept'),
    epsilon: epsilonOption,
  },
  mask: 'passed',
  maskCode: heedingCode,
  build(context, x, { momentum, epsilon }) {
    const { g } = context;
    const mask = context.masks[0] ?? null;
    const shape = [features(x)];
    const wide = alongFeatures(x);
    const fans = { fanIn: features(x), fanOut: features(x) };
    const gamma = c.reshape(g, context.parameter('gamma', shape, { ...fans, initializer: 'ones' }), wide);
    const beta = c.reshape(g, context.parameter('beta', shape, { ...fans, initializer: 'zeros' }), wide);
    const runningMean = context.running('moving_mean', shape, 0);
    const runningVariance = context.running('moving_variance', shape, 1);
    let [mean, variance] = [c.reshape(g, runningMean, wide), c.reshape(g, runningVariance, wide)];
    if (context.mode === 'training') {
      const axes = x.shape.flatMap((_, axis) => (axis === featureAxis(x.shape) ? [] : [axis]));
      const meanOf = (values: Tensor) =>
        mask === null ? c.reduceMean(g, values, axes, true) : meanOfKept(g, values, mask);
      mean = meanOf(x);
      const deviation = c.sub(g, x, mean);
      variance = meanOf(c.mul(g, deviation, deviation));
      context.updateRunning('moving_mean', c.reshape(g, mean, shape), momentum);
      context.updateRunning('moving_variance', c.reshape(g, variance, shape), momentum);
    }
    // Both factors in one, so that each element is multiplied once.
    const scale = c.div(g, gamma, c.sqrt(g, c.add(g, variance, g.constant(epsilon))));
    return c.add(g, c.mul(g, c.sub(g, x, mean), scale), beta);
  },
  theory: (input, _surroundings, { epsilon }) => overBatch(input, epsilon),
  code({ momentum, epsilon }, { features: count, inputShape, masked }) {
    // PyTorch's momentum is the fraction that is renewed.
    const renewed = Number((1 - momentum).toPrecision(6));
    const axes = inputShape.length;
    const options = `(${count}, eps=${epsilon}, momentum=${renewed})`;
    const norm = `nn.BatchNorm${Math.max(1, axes - 1)}d${options}`;
    // PyTorch has the features (channels) of a sequence before the time.
    const swap = axes === 2 || axes === 4 ? ['Transpose(1, 2)'] : [];
    const channels = { 3: 'axis=1, ', 4: 'axis=2, ' }[axes] ?? '';
    return {
      pytorch: masked[0] === true ? [`MaskedBatchNorm${options}`] : [...swap, norm, ...swap],
      keras: [`layers.BatchNormalization(${channels}momentum=${momentum}, epsilon=${epsilon})`],
    };
  },
});
