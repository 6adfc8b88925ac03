/** @file Other learning rates, at the edges of what an optimizer takes: what lies beyond is not tried. */
import { expect, it } from 'vitest';
import { diagnoseExperiment } from '../../scenarios/outcome.ts';

it.each([1e12, 1e-322])('a network that has not learned at %s is diagnosed', async (learning_rate) => {
  const { checks, found } = await diagnoseExperiment({
    network: { input: { shape: [1] }, layers: [{ type: 'dense', units: 1 }] },
    data: { type: 'sine', samples: 60 },
    training: {
      loss: 'mean_squared_error',
      optimizer: { type: 'sgd', learning_rate },
      batch_size: 16,
      steps: 30,
    },
    remedies: { verify: false },
  });
  expect(checks.filter(({ status }) => status === 'error')).toEqual([]);
  expect(found).not.toEqual([]);
});
