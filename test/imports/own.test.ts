/** @file Every model that the service exports as ONNX imports to the same network, training, weights and outputs. */
import { readdirSync, readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { type Experiment, inputsOf, parseExperiment, placedLayers } from '../../src/experiment/index.ts';
import { exportOnnx } from '../../src/export/index.ts';
import { decodeOnnx, GraphBuilder } from '../../src/graph/index.ts';
import { importModel } from '../../src/imports/index.ts';
import { buildNetwork } from '../../src/network/index.ts';
import { present } from '../../src/util/assert.ts';
import { createRandom } from '../../src/util/random.ts';
import type { NamedTensor } from '../../src/util/safetensors.ts';
import type { Packed } from './archives.ts';
import { imported, predict } from './predict.ts';

const EXAMPLES = new URL('../../examples/', import.meta.url);
const examples = ['', 'architectures/'].flatMap((folder) =>
  readdirSync(new URL(folder, EXAMPLES))
    .filter((name) => name.endsWith('.json'))
    .map((name) => `${folder}${name}`),
);
const BATCH = 2;

function experimentOf(name: string): Experiment {
  const parsed = parseExperiment(JSON.parse(readFileSync(new URL(name, EXAMPLES), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((size, n) => size * n, 1);

/** Weights as after a training: no zeros, no ones; variances above 0. */
function weightsOf(experiment: Experiment): Map<string, NamedTensor> {
  const g = new GraphBuilder();
  const inputs = new Map(inputsOf(experiment).map(({ name, shape }) => [name, g.input(name, [1, ...shape])]));
  const { parameters, running } = buildNetwork(g, placedLayers(experiment), inputs, 'inference');
  return new Map(
    [...parameters, ...running].map(({ name, shape }) => {
      const random = createRandom(0, name);
      const data = Float32Array.from({ length: sizeOf(shape) }, () => 0.1 + 0.2 * random.uniform());
      return [name, { shape, data }];
    }),
  );
}

function samplesOf(experiment: Experiment): Packed[] {
  return inputsOf(experiment).map(({ name, shape, dtype }) => {
    const random = createRandom(1, name);
    const numbers = { length: BATCH * sizeOf(shape) };
    const data = Array.from(numbers, () =>
      dtype === 'token' ? Math.floor(2 * random.uniform()) : random.uniform() - 0.5,
    );
    return { shape: [BATCH, ...shape], data };
  });
}

async function outputOf(file: Uint8Array, samples: readonly Packed[]): Promise<number[]> {
  const session = await InferenceSession.create(file);
  const feeds = session.inputNames.map((name, i) => {
    const { data = [], shape = [] } = samples[i] ?? {};
    return [name, new Tensor('float32', Float32Array.from(data), [...shape])];
  });
  const { prediction } = await session.run(Object.fromEntries(feeds));
  await session.release();
  return [...(present(prediction).data as Float32Array)];
}

describe('the ONNX file of', () => {
  test.each(examples)('%s imports as what it was', async (name) => {
    const experiment = experimentOf(name);
    const weights = weightsOf(experiment);
    const file = exportOnnx(experiment, weights, BATCH);
    const model = imported(await importModel(file));
    expect(model.network).toEqual(experiment.network);
    const { initial_weights: _, ...training } = experiment.training;
    expect(model.training).toEqual(training);
    expect(model.warnings).toEqual([]);
    expect(new Map(model.weights)).toEqual(weights);
    const samples = samplesOf(experiment);
    const [mine, wanted] = [await predict(model, ...samples), await outputOf(file, samples)];
    expect(mine.data.length).toBe(wanted.length);
    expect(wanted.every(Number.isFinite)).toBe(true);
    const errors = mine.data.map((value, i) => Math.abs(value - (wanted[i] as number)));
    expect(Math.max(...errors)).toBeLessThanOrEqual(1e-5 * Math.max(1, ...wanted.map(Math.abs)));
  });
});

describe('a file whose graph another program changed', () => {
  const experiment = experimentOf('healthy-relu.json');
  const weights = weightsOf(experiment);
  const file = Buffer.from(exportOnnx(experiment, weights, BATCH));
  const changed = Buffer.from(file);
  // Of an operator's name: the file stays one.
  changed.write('Selu', changed.indexOf('Relu'), 'latin1');

  test('is read by its nodes, not by what is noted beside them', async () => {
    expect(() => decodeOnnx(changed)).not.toThrow();
    const { network } = imported(await importModel(changed));
    const activations = network.layers.map((layer) => (layer as { activation?: unknown }).activation);
    expect(activations).toContain('selu');
    expect(network.layers).not.toEqual(experiment.network.layers);
  });
});
