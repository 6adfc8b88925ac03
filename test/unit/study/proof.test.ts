/** @file How many seeds a proof takes, and how many of them may be lost. */
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import type { Reference } from '../../../src/statistics/index.ts';
import { ArmRunner } from '../../../src/study/arms.ts';
import { Budget } from '../../../src/study/budget.ts';
import type { Change } from '../../../src/study/option.ts';
import { Proofs, prove } from '../../../src/study/proof.ts';
import { train } from '../../../src/training/index.ts';

const experimentWith = (bias: number, learning_rate: number, min_duration_s: number) => {
  const hidden = { type: 'dense', units: 8, activation: 'relu' };
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { ...hidden, bias_initializer: { type: 'constant', value: bias } },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'blobs', samples: 60, centers: 2 },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate }, steps: 60 },
    remedies: { min_duration_s },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
};

async function traced(bias: number, learning_rate: number) {
  const trained = await train(experimentWith(bias, learning_rate, 60), 0);
  if (!trained.ok) throw new Error(trained.error.code);
  return trained.value;
}
const [learned, dead, lost] = [await traced(0, 0.1), await traced(-20, 0.1), await traced(0, 1e12)];

/** What a training looks like that stays where the best constant is. */
const unlearned: typeof learned = {
  ...learned,
  losses: learned.losses.map(() => learned.constant_loss),
  data_losses: learned.data_losses.map(() => learned.constant_loss),
  final: { ...learned.final, loss: learned.constant_loss, data_loss: learned.constant_loss, accuracy: 0.5 },
};

/** On fresh seeds 1, 2, 3 …, on some of which it does not learn. */
async function proof(
  sick: readonly number[],
  min_duration_s = 60,
  instead = dead,
  reference: Reference | null = null,
  seeds: readonly number[] = [100, 101, 102],
) {
  const experiment = experimentWith(0, 0.1, min_duration_s);
  const dependencies = {
    train: async ({ seed }: { seed: number }) => ({ ...(sick.includes(seed) ? instead : learned), seed }),
    onProgress: () => {},
    isOutOfTime: () => false,
  };
  const budget = new Budget(experiment, seeds.length);
  const runner = new ArmRunner(dependencies, budget, 100, Promise.resolve(reference));
  const { arm, holds } = await prove('proof', experiment, seeds, 1, runner);
  return [arm.traces.length, holds];
}

/** A proof on five or ten seeds from 103 on, and then on as many more as a budget of so many arms allows. */
async function extended(sick: readonly number[], limit: number) {
  const experiment = experimentWith(0, 0.1, 60);
  const seeds = [100, 101, 102];
  const dependencies = {
    train: async ({ seed }: { seed: number }) => ({ ...(sick.includes(seed) ? dead : learned), seed }),
    onProgress: () => {},
    isOutOfTime: () => false,
  };
  const runner = new ArmRunner(dependencies, new Budget(experiment, seeds.length, limit), 100);
  const change: Change = {
    ...{ remedies: ['use_elu'], parts: [], treats: [], effort: 0, cost: 1, screened: null },
    experiment,
  };
  const proofs = new Proofs();
  const first = await proofs.add(change, seeds, runner);
  const further = await proofs.extend(change, seeds, runner);
  return [first.traces.length, further?.traces.length ?? null, proofs.of(change)?.holds];
}

/** A proof that has time for so many seeds. */
async function cutShort(sick: readonly number[], after: number) {
  const experiment = experimentWith(0, 0.1, 60);
  let trained = 0;
  const dependencies = {
    async train({ seed }: { seed: number }) {
      trained++;
      return { ...(sick.includes(seed) ? dead : learned), seed };
    },
    onProgress: () => {},
    isOutOfTime: () => trained >= after,
  };
  const runner = new ArmRunner(dependencies, new Budget(experiment, 3), 100);
  const { arm, holds, failed } = await prove('proof', experiment, [100, 101, 102], 1, runner);
  return [arm.traces.length, holds, failed];
}

/** A reference that reaches so much of a constant's loss. */
const reaching = (ratio: number): Reference => ({
  ...{ kind: 'dense', training_ratio: ratio, validation_ratio: ratio, validation_samples: 100 },
});

describe('a proof', () => {
  it('fails on seeds that learn nothing of what others learn, also where the reference learns nothing', async () => {
    expect(await proof([1, 3], 60, unlearned, reaching(0.99))).toEqual([expect.any(Number), false]);
    expect(await proof([1, 3], 60, unlearned, reaching(0))).toEqual([expect.any(Number), false]);
  });

  it('blames the data where no seed learns more than the reference', async () => {
    const every = Array.from({ length: 20 }, (_, i) => i + 1);
    expect(await proof(every, 60, unlearned, reaching(0.99))).toEqual([expect.any(Number), true]);
  });

  it('takes three seeds at least, however few a study has', async () => {
    expect(await proof([], 0, dead, null, [100])).toEqual([3, true]);
    expect(await proof([2], 0, dead, null, [100])).toEqual([10, true]);
  });

  it('that ends before its time neither holds nor has failed', async () => {
    expect(await cutShort([], 1)).toEqual([1, false, false]);
    expect(await cutShort([1], 1)).toEqual([1, false, true]);
    expect(await cutShort([], 3)).toEqual([3, true, false]);
  });

  it('of what is to be recommended takes more seeds in the end, and fails where they do', async () => {
    // Twenty seeds are 6.7 arms.
    expect(await extended([110], 40)).toEqual([10, 20, true]);
    expect(await extended([110, 117], 40)).toEqual([10, 20, false]);
    expect(await extended([109, 110], 20)).toEqual([5, 10, false]);
    expect(await extended([], 20)).toEqual([5, 10, true]);
    expect(await extended([], 12)).toEqual([5, null, true]);
  });

  it('takes twenty seeds where that costs hardly anything, of which one may not learn', async () => {
    expect(learned.divergence).toBeNull();
    expect(await proof([])).toEqual([20, true]);
    expect(await proof([9])).toEqual([20, true]);
    expect(await proof([15])).toEqual([20, true]);
    // One in ten: on ten seeds it would have passed.
    expect(await proof([6, 17])).toEqual([20, false]);
  });

  it('ends where it cannot hold any more', async () => {
    expect(await proof([1])).toEqual([1, false]);
    expect(await proof([2, 3])).toEqual([3, false]);
    expect(await proof([3, 7])).toEqual([10, false]);
    // What diverged is not made good by others.
    expect(await proof([12], 60, lost)).toEqual([20, false]);
  });

  it('takes five where seeds cost something, and ten where one of them does not learn', async () => {
    expect(await proof([], 0)).toEqual([5, true]);
    expect(await proof([5], 0)).toEqual([10, true]);
    expect(await proof([5, 10], 0)).toEqual([10, false]);
  });
});
