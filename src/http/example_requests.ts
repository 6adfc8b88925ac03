/** @file Example requests of the OpenAPI document, beside the experiments of examples/. */

const series = (layer: string, values: readonly number[]) => ({
  ...{ layer, tensor: 'output_gradient', metric: 'rms' },
  steps: [0, 2, 5],
  values,
});

/** Three probed steps of three layers, whose gradients vanish. */
export const traceExamples = {
  'vanishing-gradients': {
    traces: [
      {
        layers: [
          { name: 'dense_1', type: 'dense', output_shape: [32], parameters: 96, activation: 'sigmoid' },
          { name: 'dense_2', type: 'dense', output_shape: [32], parameters: 1056, activation: 'sigmoid' },
          { name: 'dense_3', type: 'dense', output_shape: [2], parameters: 66 },
        ],
        losses: [0.71, 0.7, 0.7, 0.69, 0.69, 0.69],
        series: [
          series('dense_1', [2e-9, 3e-9, 2e-9]),
          series('dense_2', [2e-4, 1.9e-4, 1.8e-4]),
          series('dense_3', [0.02, 0.018, 0.017]),
        ],
      },
    ],
  },
};

export const searchExamples = {
  'two-moons': {
    experiment: {
      network: {
        input: { shape: [2] },
        layers: [
          { type: 'dense', units: 16, activation: 'sigmoid' },
          { type: 'dense', units: 16, activation: 'sigmoid' },
          { type: 'dense', units: 2 },
        ],
      },
      data: { type: 'moons', samples: 300, noise: 0.1 },
      training: { loss: 'softmax_cross_entropy', optimizer: 'adam', batch_size: 32, steps: 100 },
    },
    activations: ['sigmoid', 'relu', 'gelu'],
  },
};
