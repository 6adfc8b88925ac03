/** @file The control arms share what is left of a budget. */
import { expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { optimizerKind } from '../../../src/network/index.ts';
import { ArmRunner } from '../../../src/study/arms.ts';
import { Budget } from '../../../src/study/budget.ts';
import { Controls, createControls } from '../../../src/study/controls.ts';
import { train } from '../../../src/training/index.ts';

it('that are trained together take no more trials than there are', async () => {
  const parsed = parseExperiment({
    network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 2 }] },
    data: { type: 'moons', samples: 60 },
    training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 3 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment } = parsed.value;
  const seeds = [0, 1, 2];
  const planned = createControls(experiment, seeds, [], new Budget(experiment, seeds.length));
  expect(planned.length).toBeGreaterThanOrEqual(2);
  // Enough for one of them, and for most of a second.
  const trials = 2 * seeds.length - 1;
  const budget = new Budget(experiment, seeds.length, 100, trials);
  const runner = new ArmRunner(
    {
      async train(trial) {
        const result = await train(trial.experiment, trial.seed);
        if (!result.ok) throw new Error(result.error.code);
        return result.value;
      },
      onProgress: () => {},
      isOutOfTime: () => false,
    },
    budget,
    trials,
  );
  const controls = new Controls(planned, runner);
  await controls.trainOthers();
  expect(controls.run).toHaveLength(1);
  expect(budget.trials).toBeLessThanOrEqual(trials);
});

it('are experiments that a request could ask for, at the largest learning rate too', () => {
  for (const learning_rate of [0.1, 1e12]) {
    const asked = {
      network: { input: { shape: [1] }, layers: [{ type: 'dense', units: 1 }] },
      data: { type: 'sine', samples: 60 },
      training: { loss: 'mean_squared_error', optimizer: { type: 'sgd', learning_rate }, steps: 3 },
    };
    const parsed = parseExperiment(asked);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const { experiment } = parsed.value;
    const planned = createControls(experiment, [0], [], new Budget(experiment, 1));
    expect(planned).not.toEqual([]);
    for (const control of planned)
      expect(optimizerKind.schema.safeParse(control.experiment.training.optimizer).success).toBe(true);
  }
});
