/** @file The ONNX model of a network with several inputs takes them by their own names. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { loadData } from '../../../src/data/index.ts';
import { inputsOf, parseExperiment } from '../../../src/experiment/index.ts';
import { exportOnnx } from '../../../src/export/index.ts';
import { train } from '../../../src/training/index.ts';
import { decodeSafetensors } from '../../../src/util/safetensors.ts';

test('and gives what the trained network gives', async () => {
  const parsed = parseExperiment({
    network: {
      inputs: { prediction_of: { shape: [2, 3] }, meta: { shape: [3] } },
      layers: [
        { type: 'subtract', inputs: ['prediction_of', 'meta'] },
        { type: 'flatten' },
        { type: 'dense', units: 1 },
      ],
    },
    data: {
      type: 'inline',
      inputs: {
        prediction_of: [
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          [
            [0, 1, 0],
            [1, 0, 1],
          ],
        ],
        meta: [
          [1, 1, 2],
          [3, 0, 1],
        ],
      },
      targets: [1, 2],
      validation_split: 0,
      shuffle: false,
    },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', batch_size: 2, steps: 2 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment } = parsed.value;
  const trained = await train(experiment, 0, { keepWeights: true });
  if (!trained.ok || trained.value.weights === null) throw new Error('no weights');
  const weights = decodeSafetensors(trained.value.weights.final);
  if (!weights.ok) throw new Error(weights.error);
  const session = await InferenceSession.create(exportOnnx(experiment, weights.value, 2));
  expect([...session.inputNames].sort()).toEqual(['meta', 'prediction_of']);
  const { training, inputs } = loadData(experiment.data, 0, inputsOf(experiment));
  const rows = (offset: number, size: number) =>
    Float32Array.from(
      { length: 2 * size },
      (_, i) => training.inputs[Math.floor(i / size) * 9 + offset + (i % size)] ?? 0,
    );
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape, offset, size }) => [
      name,
      new Tensor('float32', rows(offset, size), [2, ...shape]),
    ]),
  );
  const { prediction } = await session.run(feeds);
  const kernel = weights.value.get('dense_1/kernel')?.data ?? [];
  const bias = weights.value.get('dense_1/bias')?.data[0] ?? 0;
  const first = [0, 1, 1, 3, 4, 4].reduce((sum, x, i) => sum + x * (kernel[i] ?? 0), bias);
  expect(Number(prediction?.data[0])).toBeCloseTo(first, 5);
});
