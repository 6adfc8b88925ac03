/** @file A training that goes on from a snapshot leaves the Trace of one that was never interrupted, bit for bit. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Experiment } from '../../src/experiment/index.ts';
import { clippingKind, optimizerKind, scheduleKind } from '../../src/network/index.ts';
import type { Snapshot } from '../../src/statistics/index.ts';
import { type Snapshots, train } from '../../src/training/index.ts';
import { drafts, experimentOf, parse } from './networks.ts';

type Config = Readonly<Record<string, unknown>>;

const STEPS = 24;
/** Not a divisor of the steps between probes, of an epoch or of a check of early stopping. */
const EVERY = 5;

async function trained(experiment: Experiment, snapshots?: Snapshots, losses: number[] = []) {
  const onLoss = (step: number, loss: number) => {
    expect(step).toBe(losses.length);
    losses.push(loss);
  };
  const options = { keepWeights: true, onLoss, ...(snapshots === undefined ? {} : { snapshots }) };
  const result = await train(experiment, 3, options);
  if (!result.ok) throw new Error(result.error.code);
  return { losses, trace: result.value };
}

/** @param from how many of `earlier` the training goes on from */
function keeper(earlier: readonly Snapshot[], from: number) {
  const kept: Snapshot[] = [];
  const last = earlier[from - 1];
  let asked = 0;
  const snapshots: Snapshots = {
    saved:
      last === undefined ? null : { ...last, records: earlier.slice(0, from).map(({ records }) => records) },
    isDue: () => ++asked % EVERY === 0,
    keep: (snapshot) => void kept.push(snapshot),
  };
  return { kept, snapshots };
}

async function expectEqualFromEverySnapshot(experiment: Experiment, least = 2): Promise<void> {
  const calm = await trained(experiment);
  const whole = keeper([], 0);
  // Strict: −0 is not 0, and NaN is NaN.
  expect((await trained(experiment, whole.snapshots)).trace).toStrictEqual(calm.trace);
  expect(whole.kept.length).toBeGreaterThanOrEqual(least);
  for (let from = 1; from <= whole.kept.length; from++) {
    const { kept, snapshots } = keeper(whole.kept, from);
    const again = await trained(experiment, snapshots);
    expect(again.losses).toEqual(calm.losses);
    expect(again.trace).toStrictEqual(calm.trace);
    // Theirs are the snapshots that the first would have made, and hold nothing that an earlier one holds.
    expect(kept.map(({ records }) => records.byteLength)).toEqual(
      whole.kept.slice(from).map(({ records }) => records.byteLength),
    );
  }
}

const request = (training: Config = {}, changes: Config = {}) =>
  parse({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units: 8, activation: 'relu' },
        { type: 'batch_norm' },
        { type: 'activation', activation: 'tanh' },
        { type: 'dropout', rate: 0.3 },
        { type: 'gaussian_noise', stddev: 0.1 },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'moons', samples: 60 },
    training: {
      ...{ loss: 'softmax_cross_entropy', optimizer: 'adam', batch_size: 16, steps: STEPS },
      regularization: { l1: 1e-4, l2: 1e-3 },
      ...training,
    },
    diagnostics: { probe_every: 3 },
    ...changes,
  }).experiment;

it.each(optimizerKind.types)('with the optimizer %s', async (optimizer) => {
  await expectEqualFromEverySnapshot(request({ optimizer }));
});

it.each(scheduleKind.types)('with the schedule %s', async (type) => {
  // A plateau after every epoch of four steps.
  const options = type === 'reduce_on_plateau' ? { patience: 1, min_delta: 1000 } : {};
  await expectEqualFromEverySnapshot(request({ learning_rate_schedule: { type, ...options } }));
});

it('with a warm-up before a schedule that watches the loss', async () => {
  const after = { type: 'reduce_on_plateau', patience: 1, min_delta: 1000 };
  await expectEqualFromEverySnapshot(
    request({ learning_rate_schedule: { type: 'linear_warmup', warmup_steps: 7, after } }),
  );
});

it.each(clippingKind.types)('with clipping by %s', async (type) => {
  const limit = type === 'value' ? { max_value: 0.01 } : type === 'adaptive' ? {} : { max_norm: 0.1 };
  await expectEqualFromEverySnapshot(request({ gradient_clipping: { type, ...limit } }));
});

it('with early stopping that keeps the best weights', async () => {
  const learning_rate = 0.3;
  await expectEqualFromEverySnapshot(
    request({
      optimizer: { type: 'sgd', learning_rate },
      early_stopping: { check_every: 2, patience: null },
    }),
  );
});

it('where early stopping ends it, and where it diverges', async () => {
  const rising = { type: 'sgd', learning_rate: 3 };
  await expectEqualFromEverySnapshot(
    request({ optimizer: rising, early_stopping: { check_every: 1, patience: 8 } }),
    1,
  );
  const diverging = request(
    { optimizer: { type: 'sgd', learning_rate: 1e3 }, loss: 'mean_squared_error', regularization: {} },
    {
      network: { input: { shape: [4] }, layers: [{ type: 'dense', units: 1 }] },
      data: { type: 'teacher', samples: 60, features: 4 },
    },
  );
  const { trace } = await trained(diverging);
  expect(trace.divergence?.step).toBeGreaterThan(EVERY);
  await expectEqualFromEverySnapshot(diverging, 1);
});

it('without a probe, without a validation split, with data in the order given', async () => {
  await expectEqualFromEverySnapshot(
    request(
      {},
      {
        diagnostics: { probe_every: 0 },
        data: { type: 'moons', samples: 60, validation_split: 0, shuffle: false },
      },
    ),
  );
});

it('of random networks', async () => {
  await fc.assert(
    fc.asyncProperty(drafts, async (draft) => {
      const config = experimentOf(draft);
      const training = { ...(config.training as Config), steps: 12 };
      await expectEqualFromEverySnapshot(parse({ ...config, training }).experiment);
    }),
    { numRuns: 15, seed: 20261127 },
  );
});
