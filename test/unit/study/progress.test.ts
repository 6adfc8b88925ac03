/** @file What a study says of its trainings while it goes: how many are done, and about how many there will be. */
import { expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import { ArmRunner } from '../../../src/study/arms.ts';
import { Budget } from '../../../src/study/budget.ts';
import { estimateTrials, type Progress, runStudy } from '../../../src/study/index.ts';
import { trainOnce } from '../../scenarios/trained.ts';

function experimentOf(remedies: Readonly<Record<string, unknown>>, learning_rate = 1e-6): Experiment {
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units: 6, activation: 'tanh' },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'blobs', samples: 60, centers: 2 },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate }, steps: 15 },
    remedies,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

it('counts each training once, none that has not begun, and no more than the study may make', async () => {
  const experiment = experimentOf({ seeds: 2, max_trials: 28 });
  const told: Progress[] = [];
  const report = await runStudy(experiment, {
    train: (trial) => trainOnce(trial.experiment, trial.seed),
    onProgress: (progress) => told.push(progress),
    isOutOfTime: () => false,
  });
  expect(report.verdict).toBe('unhealthy');
  for (const { completed_trials, total_trials } of told) {
    expect(completed_trials).toBeLessThanOrEqual(total_trials);
    expect(total_trials).toBeLessThanOrEqual(28);
  }
  const done = told.map(({ completed_trials }) => completed_trials);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(done.at(-1)).toBeLessThanOrEqual(report.budget.trials);
});

it('asks for a training again without counting it again', async () => {
  const experiment = experimentOf({});
  const told: Progress[] = [];
  const dependencies = {
    train: ({ experiment: one, seed }: { experiment: Experiment; seed: number }) => trainOnce(one, seed),
    onProgress: (progress: Progress) => told.push(progress),
    isOutOfTime: () => false,
  };
  const runner = new ArmRunner(dependencies, new Budget(experiment, 3), 3);
  await runner.run('screening/one', experiment, [0]);
  await runner.run('one', experiment, [0, 1]);
  expect(told.map(({ completed_trials }) => completed_trials)).toEqual([1, 2]);
  await runner.run('two', experimentOf({}, 1), [0, 1]);
  expect(told.at(-1)).toMatchObject({ completed_trials: 4, total_trials: 4 });
});

it('guesses more where the budget allows many times the baseline, and no more than may be made', () => {
  const guess = (remedies: Readonly<Record<string, unknown>>) => estimateTrials(experimentOf(remedies));
  expect(guess({ min_duration_s: 0 })).toBe(3 * 12 + 40);
  expect(guess({})).toBe(150);
  expect(guess({ max_trials: 20 })).toBe(20);
  expect(guess({ verify: false })).toBe(1);
});
