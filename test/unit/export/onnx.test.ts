/** @file ONNX models: several inputs by their own names; masks, of which loss and accuracy of padded sequences follow. */
import { readFileSync } from 'node:fs';
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
    Float32Array.from({ length: 2 * size }, (_, i) =>
      training.inputs.at(Math.floor(i / size), offset + (i % size)),
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

test('leaves padding out: loss and accuracy of the tagger are those over the steps that count', async () => {
  const file = new URL('../../../examples/architectures/padded_tagger.json', import.meta.url);
  const given = JSON.parse(readFileSync(file, 'utf8'));
  const { inputs, targets }: { inputs: number[][]; targets: number[][] } = given.data;
  const parsed = parseExperiment({
    ...given,
    data: { ...given.data, validation_split: 0 },
    training: { ...given.training, steps: 20 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment } = parsed.value;
  const trained = await train(experiment, 0, { keepWeights: true });
  if (!trained.ok || trained.value.weights === null) throw new Error('no weights');
  const weights = decodeSafetensors(trained.value.weights.final);
  if (!weights.ok) throw new Error(weights.error);
  const session = await InferenceSession.create(exportOnnx(experiment, weights.value, inputs.length));
  const tokens = new Tensor('float32', Float32Array.from(inputs.flat()), [inputs.length, 8]);
  const logits = (await session.run({ inputs: tokens })).prediction?.data as Float32Array;
  let [loss, right, count] = [0, 0, 0];
  inputs.flat().forEach((token, i) => {
    if (token === 0) return;
    const [zero = 0, one = 0] = [logits[2 * i], logits[2 * i + 1]];
    const target = targets.flat()[i];
    loss += Math.log(1 + Math.exp(target === 1 ? zero - one : one - zero));
    right += Number(one > zero === (target === 1));
    count++;
  });
  expect(count).toBeLessThan(0.8 * 8 * inputs.length);
  expect(trained.value.final.loss).toBeCloseTo(loss / count, 5);
  expect(trained.value.final.accuracy).toBeCloseTo(right / count, 10);
  const ones = targets.flat().filter((_, i) => inputs.flat()[i] !== 0);
  expect(trained.value.data.class_counts?.[1]).toBe(ones.filter((target) => target === 1).length);
});
