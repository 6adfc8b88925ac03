/** @file Other learning rates: at the edges of what an optimizer takes, under schedules, and where the training stops early. */
import { expect, it } from 'vitest';
import { type Experiment, parseExperiment, planExperiment } from '../../../src/experiment/index.ts';
import { scheduleKind } from '../../../src/network/index.ts';
import { runRateTrials } from '../../../src/study/rate_trials.ts';
import { train } from '../../../src/training/index.ts';
import { diagnoseExperiment } from '../../scenarios/outcome.ts';

const at = (learning_rate: number, training: Readonly<Record<string, unknown>> = {}) => ({
  network: { input: { shape: [1] }, layers: [{ type: 'dense', units: 1 }] },
  data: { type: 'sine', samples: 60 },
  training: {
    loss: 'mean_squared_error',
    optimizer: { type: 'sgd', learning_rate },
    batch_size: 16,
    steps: 30,
    ...training,
  },
  remedies: { verify: false },
});

it.each([1e12, 1e-322])('a network that has not learned at %s is diagnosed', async (learning_rate) => {
  const { checks, found } = await diagnoseExperiment(at(learning_rate));
  expect(checks.filter(({ status }) => status === 'error')).toEqual([]);
  expect(found).not.toEqual([]);
});

/** The factor of each step. */
function course(
  { training }: Experiment,
  { steps, steps_per_epoch }: ReturnType<typeof planExperiment>,
): number[] {
  const schedule = scheduleKind
    .resolve(training.learning_rate_schedule)
    .create({ totalSteps: steps, stepsPerEpoch: steps_per_epoch });
  return Array.from({ length: steps }, (_, k) => schedule.factor(k));
}

/** A training that learns nothing, and the experiments at other rates that it was held against. */
async function trialsOf(training: Readonly<Record<string, unknown>>) {
  const parsed = parseExperiment(at(1e-9, training));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment } = parsed.value;
  const baseline = await train(experiment, 0);
  if (!baseline.ok) throw new Error(baseline.error.code);
  const tried: Experiment[] = [];
  const trials = await runRateTrials(experiment, baseline.value, async ({ experiment: other }) => {
    tried.push(other);
    return { ...baseline.value, steps_completed: planExperiment(other).steps };
  });
  return { experiment, tried, trials };
}

it.each([
  'constant',
  'cosine',
  { type: 'cosine', decay_steps: 12 },
  { type: 'step', step_size: 3 },
  { type: 'exponential', decay_steps: 5 },
  { type: 'inverse_square_root', timescale: 4 },
  { type: 'linear_warmup', warmup_steps: 4, after: 'cosine' },
  { type: 'linear_warmup', warmup_steps: 20 },
])('the first steps have the rates that they have in the whole training: %j', async (schedule) => {
  const { experiment, tried } = await trialsOf({ learning_rate_schedule: schedule });
  const whole = course(experiment, planExperiment(experiment));
  expect(new Set(tried.map((one) => planExperiment(one).steps))).toEqual(new Set([8, 30]));
  for (const one of tried) {
    const plan = planExperiment(one);
    expect(course(one, plan)).toEqual(whole.slice(0, plan.steps));
  }
});

it('a training that stopped early is held against its end, and the trials do not stop', async () => {
  const { tried, trials } = await trialsOf({
    early_stopping: { check_every: 1, patience: 2 },
    optimizer: { type: 'sgd', learning_rate: 1e-30 },
  });
  expect(tried.map(({ training }) => training.early_stopping)).toEqual(tried.map(() => null));
  for (const { own_ratio } of trials) expect(own_ratio).toBeLessThan(10);
});
