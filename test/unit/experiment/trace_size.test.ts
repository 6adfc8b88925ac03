/** @file The size of a trace is known before the training: compared with what trainings leave. */
import { serialize } from 'node:v8';
import { expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { train } from '../../../src/training/index.ts';

type Config = Readonly<Record<string, unknown>>;

const dense = { type: 'dense', units: 4, activation: 'tanh' };
const classes = (units: number) => ({ type: 'dense', units });

const networks: Readonly<Record<string, Config>> = {
  dense: {
    network: { input: { shape: [2] }, layers: [dense, dense, classes(2)] },
    data: { type: 'moons', samples: 100 },
  },
  'dense without validation': {
    network: { input: { shape: [2] }, layers: [classes(2)] },
    data: { type: 'moons', samples: 100, validation_split: 0 },
  },
  convolutional: {
    network: {
      input: { shape: [1, 8, 8] },
      layers: [
        { type: 'conv2d', filters: 2, kernel_size: 3, activation: 'relu' },
        { type: 'batch_norm' },
        { type: 'flatten' },
        classes(10),
      ],
    },
    data: { type: 'digits' },
  },
  recurrent: {
    network: {
      input: { shape: [8, 8] },
      layers: [{ type: 'lstm', units: 4, return_sequences: false }, classes(10)],
    },
    data: { type: 'digits' },
  },
  attention: {
    network: {
      input: { shape: [8, 8] },
      layers: [
        {
          type: 'residual',
          layers: [{ type: 'layer_norm' }, { type: 'self_attention', heads: 2 }],
        },
        { type: 'flatten' },
        classes(10),
      ],
    },
    data: { type: 'digits' },
  },
};

const training = { loss: 'softmax_cross_entropy', optimizer: 'adam', batch_size: 8 };

it.each([
  ['dense', 1, 300],
  ['dense', 0, 300],
  ['dense', 7, 2000],
  ['dense without validation', 1, 300],
  ['convolutional', 1, 200],
  ['recurrent', 1, 200],
  ['attention', 1, 200],
] as const)('of the %s network, probed every %i of the steps', async (name, probe_every, steps) => {
  const parsed = parseExperiment({
    ...networks[name],
    training: { ...training, steps },
    diagnostics: { probe_every },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment, plan } = parsed.value;
  const result = await train(experiment, 0);
  if (!result.ok) throw new Error(result.error.code);
  const { series, losses, gradient_norms } = result.value;
  // Steps, names and ranks are not in the estimate: 8 % of these short traces.
  const bytes = serialize({ series, losses, gradient_norms }).byteLength;
  expect(plan.trace_bytes / bytes).toBeGreaterThan(0.8);
  expect(plan.trace_bytes / bytes).toBeLessThan(1.2);
});
