/** @file Isotropic Gaussian clusters, as in scikit-learn's `make_blobs`. */
import { z } from 'zod';
import { defineData, describeClasses } from '../data_set.ts';
import { samplesOption } from '../options.ts';

/** scikit-learn's default `center_box` is (−10, 10). */
const BOX = 10;

export const blobs = defineData({
  type: 'blobs',
  title: 'Gaussian blobs',
  description:
    'Class c: center_c + std · N(0, I), each center uniform on [−10, 10]^features and drawn from the seed. ' +
    'Classes are balanced (the first ones have one sample more where the division leaves a rest) and come ' +
    'one after the other without shuffling.',
  sources: ['scikit-learn, sklearn.datasets.make_blobs'],
  options: {
    samples: samplesOption(1000),
    centers: z.int().min(2).max(100).default(3).describe('Number of clusters, i.e. of classes'),
    std: z.number().min(0).max(1e6).default(1).describe('Standard deviation of each cluster'),
    features: z.int().min(1).max(1000).default(2).describe('Number of coordinates'),
  },
  describe: ({ samples, centers, features }) => describeClasses(samples, [features], centers),
  generate({ samples, centers, std, features }, random) {
    const means = Float64Array.from({ length: centers * features }, () => BOX * (2 * random.uniform() - 1));
    const inputs = new Float32Array(samples * features);
    const targets = new Float32Array(samples);
    const share = Math.floor(samples / centers);
    const longer = samples % centers;
    for (let i = 0; i < samples; i++) {
      const label =
        i < longer * (share + 1)
          ? Math.floor(i / (share + 1))
          : longer + Math.floor((i - longer * (share + 1)) / share);
      for (let j = 0; j < features; j++) {
        inputs[i * features + j] = (means[label * features + j] as number) + std * random.normal();
      }
      targets[i] = label;
    }
    return { inputs, targets };
  },
});
