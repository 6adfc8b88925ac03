/** @file What a study says it will probably ask for next: mostly right, within its budget, and without any effect on its report. */
import { expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import { runStudy, type Trial } from '../../src/study/index.ts';
import { trainOnce } from '../scenarios/trained.ts';

function experimentOf(remedies: Readonly<Record<string, unknown>>): Experiment {
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units: 6, activation: 'tanh' },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'blobs', samples: 60, centers: 2 },
    training: {
      ...{ loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate: 1e-6 }, steps: 30 },
    },
    diagnostics: { probe_every: 10 },
    remedies,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

const nameOf = ({ run, experiment }: Trial) =>
  `${run.slice(run.lastIndexOf('/') + 1)} ${JSON.stringify(experiment.network)} ${JSON.stringify(experiment.training)}`;

/** What is asked for, each with whether it was expected before; and everything that was expected. */
async function followed(experiment: Experiment) {
  const expected = new Set<string>();
  const asked = new Map<string, { readonly run: string; readonly wasExpected: boolean }>();
  let last: readonly Trial[] = [];
  const report = await runStudy(experiment, {
    train(trial) {
      const name = nameOf(trial);
      if (!asked.has(name)) asked.set(name, { run: trial.run, wasExpected: expected.has(name) });
      return trainOnce(trial.experiment, trial.seed);
    },
    expect(trials) {
      last = trials;
      for (const trial of trials) expected.add(nameOf(trial));
    },
    onProgress: () => {},
    isOutOfTime: () => false,
  });
  return { report, expected, asked: [...asked].map(([name, one]) => ({ name, ...one })), last };
}

it('expects all controls, and most seeds of a proof before the first of them has ended', async () => {
  const { report, expected, asked } = await followed(experimentOf({ min_duration_s: 4 }));
  expect(report.recommendation).not.toBeNull();
  const seedOf = (run: string) => Number(run.slice(run.lastIndexOf('/') + 1));
  const controls = asked.filter(({ run }) => run.startsWith('control_'));
  expect(controls.length).toBeGreaterThan(3);
  expect(controls.every(({ wasExpected }) => wasExpected)).toBe(true);
  // Fresh seeds come after the study's own, those of controls far behind.
  const proofs = asked.filter(({ run }) => seedOf(run) >= 3 && seedOf(run) < 1000);
  expect(proofs.length).toBeGreaterThan(5);
  expect(proofs.filter(({ wasExpected }) => wasExpected).length).toBeGreaterThan(0.5 * proofs.length);
  const names = new Set(asked.map((one) => one.name));
  const right = [...expected].filter((one) => names.has(one)).length;
  expect(right / expected.size).toBeGreaterThan(0.5);
});

it('expects nothing that it may not make, and says the same whether anybody listens', async () => {
  const experiment = experimentOf({ seeds: 2, max_trials: 16 });
  const { report, last } = await followed(experiment);
  const deaf = await runStudy(experiment, {
    train: (trial) => trainOnce(trial.experiment, trial.seed),
    onProgress: () => {},
    isOutOfTime: () => false,
  });
  expect(report).toEqual(deaf);
  expect(report.budget.trials).toBe(16);
  expect(last).toEqual([]);
});
