/** @file Regression on the outputs of a random network: the teacher that a student network has to match. */
import { z } from 'zod';
import { defineData, describeValues } from '../data_set.ts';
import { noiseOption, samplesOption } from '../options.ts';

export const teacher = defineData({
  type: 'teacher',
  title: 'Random teacher network',
  description:
    'y = V tanh(W x + b) + noise · N(0, I), x ~ N(0, I); W ~ N(0, 1/features), b ~ N(0, 1), V ~ N(0, 1/hidden), drawn once ' +
    'from the seed. A network with one tanh layer of `hidden` units can fit it exactly.',
  sources: [
    'E. Gardner, B. Derrida, Three unfinished works on the optimal storage capacity of networks, 1989',
  ],
  options: {
    samples: samplesOption(1000),
    noise: noiseOption(0),
    features: z.int().min(1).max(1000).default(8).describe('Number of inputs'),
    hidden: z.int().min(1).max(256).default(16).describe("Units of the teacher's hidden layer"),
    outputs: z.int().min(1).max(100).default(1).describe('Number of targets'),
  },
  describe: ({ samples, features, outputs }) => describeValues(samples, [features], outputs),
  generate({ samples, noise, features, hidden, outputs }, random) {
    const draw = (length: number, std: number) => Float64Array.from({ length }, () => std * random.normal());
    const kernel = draw(hidden * features, 1 / Math.sqrt(features));
    const bias = draw(hidden, 1);
    const readout = draw(outputs * hidden, 1 / Math.sqrt(hidden));
    const inputs = new Float32Array(samples * features);
    const targets = new Float32Array(samples * outputs);
    const activations = new Float64Array(hidden);
    for (let i = 0; i < samples; i++) {
      const x = inputs.subarray(i * features, (i + 1) * features);
      for (let j = 0; j < features; j++) x[j] = random.normal();
      for (let h = 0; h < hidden; h++) activations[h] = Math.tanh((bias[h] as number) + dot(kernel, h, x));
      for (let k = 0; k < outputs; k++) {
        targets[i * outputs + k] = dot(readout, k, activations) + noise * random.normal();
      }
    }
    return { inputs, targets };
  },
});

/** Row `row` of a row-major matrix times a vector as long as its rows. */
function dot(matrix: Float64Array, row: number, vector: Float32Array | Float64Array): number {
  let sum = 0;
  const start = row * vector.length;
  for (let j = 0; j < vector.length; j++) sum += (matrix[start + j] as number) * (vector[j] as number);
  return sum;
}
