/** @file What is good enough: losses are compared on the seeds that both have, since every seed splits the data otherwise. */
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { createArm, type Verification } from '../../../src/remedies/index.ts';
import { Aim } from '../../../src/study/aim.ts';
import { isWithin, marginAt, scaleOf } from '../../../src/study/goal.ts';
import { isBehind, isOverdone, isSmaller, type Option, paired } from '../../../src/study/option.ts';
import { memorized, shortfall } from '../../../src/study/recommend.ts';
import { train } from '../../../src/training/index.ts';
import { createRandom } from '../../../src/util/random.ts';

const parsed = parseExperiment({
  network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 2 }] },
  data: { type: 'moons', samples: 60 },
  training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 3 },
});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const { experiment } = parsed.value;
const trained = await train(experiment, 0);
if (!trained.ok) throw new Error(trained.error.code);
const baseline = createArm(experiment, [trained.value]);

/** Of remedies by these names, with these losses on the first seeds. */
const option = (remedies: string[], values: number[], validations = values): Option => ({
  remedies,
  parts: remedies.map((remedy) => ({ remedy, dose: null })),
  treats: [],
  effort: 0,
  cost: remedies.length,
  experiment,
  screened: null,
  arm: baseline,
  verification: null,
  findings: [],
  values,
  value: values.reduce((sum, value) => sum + value, 0) / values.length,
  expected: values.reduce((sum, value) => sum + value, 0) / values.length,
  validations,
});

it('what is known by heart, where the reference knows it of other samples too, is told', () => {
  const known = option(['use_relu'], [0.01, 0.01], [0.3, 0.5]);
  expect(memorized(known, 0.05)).toBe(
    'On samples of the first seed that were not trained on it reaches 0.300 of a constant’s loss, the reference learner 0.0500: ' +
      'some of what it learned it knows by heart alone.',
  );
  // Chance makes such differences, and a reference that says nothing is no measure.
  expect(memorized(known, 0.25)).toBeNull();
  // Another split is harder for the reference as well.
  expect(memorized(option(['use_relu'], [0.01, 0.01], [0.05, 0.9]), 0.05)).toBeNull();
  expect(memorized(known, Number.POSITIVE_INFINITY)).toBeNull();
});

describe('what another reaches', () => {
  it('is compared on common seeds', () => {
    expect(paired([1, 5], [2])).toEqual([1, 2]);
    expect(paired([1, 5], [2, 4])).toEqual([3, 3]);
    // The first seed is an easy one: its split tells nothing against what was trained on the others as well.
    const complete = option(['use_adam'], [0.01, 0.01, 0.01], [0.02, 0.3, 0.4]);
    const begun = option(['use_elu'], [0.01], [0.02]);
    expect(isBehind(complete.validations, begun.validations)).toBe(false);
    expect(isOverdone({ ...complete, cost: 2 }, [begun])).toBe(false);
    expect(isBehind([0.3], begun.validations)).toBe(true);
    expect(
      new Aim('final_loss', baseline).isEnough(complete, { healthy: [complete, begun], proven: [] }),
    ).toBe(true);
  });

  it('counts with its proof: what was lucky on few seeds is not enough', () => {
    const verification = { status: 'verified' } as Verification;
    const trained = (name: string, values: number[], expected: number): Option => ({
      ...option([name], values, [0.1, 0.1, 0.1]),
      ...{ verification, expected },
    });
    const lucky = trained('standardize_inputs', [0.01, 0.01, 0.01], 0.15);
    const steady = trained('use_adam', [0.02, 0.02, 0.02], 0.02);
    const aim = new Aim('final_loss', baseline);
    expect(aim.isEnough(lucky, { healthy: [lucky, steady], proven: [lucky] })).toBe(false);
    expect(aim.isEnough(steady, { healthy: [lucky, steady], proven: [lucky] })).toBe(true);
    expect(aim.best([lucky, steady])?.option).toBe(steady);
  });

  it('by heart is not enough, until nothing better is left to try', () => {
    const aim = new Aim('final_loss', baseline);
    const byHeart = option(['use_adam'], [0.01], [0.6]);
    const general = option(['use_adam', 'use_elu'], [0.02], [0.1]);
    const reached = { healthy: [byHeart, general], proven: [] };
    expect(aim.isEnough(byHeart, reached)).toBe(false);
    expect(aim.isEnough(general, reached)).toBe(true);
    expect(aim.best([byHeart, general])?.option).toBe(general);
    expect([aim.lower(), aim.lower()]).toEqual([true, false]);
    expect(aim.isEnough(byHeart, reached)).toBe(true);
    expect(aim.isEnough(byHeart, { ...reached, proven: [general] })).toBe(false);
  });

  it('by heart, in a larger training or in the reference, is no aim', () => {
    const general = option(['use_adam'], [0.1], [0.2]);
    const byHeart = option(['use_adam', 'train_longer'], [0.001], [0.5]);
    const aim = new Aim('final_loss', baseline);
    expect(aim.isEnough(general, { healthy: [general, byHeart], proven: [] })).toBe(true);
    const heldAgainst = (validation_ratio: number | null) => {
      const reference = {
        kind: 'dense',
        training_ratio: 0.001,
        validation_ratio,
        validation_samples: 50,
      } as const;
      const traces = baseline.traces.map((trace) => ({ ...trace, reference }));
      return new Aim('final_loss', { ...baseline, traces });
    };
    expect(heldAgainst(0.5).isEnough(general, { healthy: [general], proven: [] })).toBe(true);
    expect(heldAgainst(0.24).isEnough(general, { healthy: [general], proven: [] })).toBe(true);
    expect(heldAgainst(0.2).isEnough(general, { healthy: [general], proven: [] })).toBe(false);
    expect(heldAgainst(null).isEnough(general, { healthy: [general], proven: [] })).toBe(false);
    expect(heldAgainst(0.05).isEnough(general, { healthy: [general], proven: [] })).toBe(false);
  });

  it('of a validation loss is near to the reference unless it is clearly behind it: of few samples chance makes as much', () => {
    const reference = {
      kind: 'dense',
      training_ratio: 0,
      validation_ratio: 0.01,
      validation_samples: 36,
    } as const;
    const held = { ...baseline, traces: baseline.traces.map((trace) => ({ ...trace, reference })) };
    const isEnough = (goal: 'validation_loss' | 'final_loss', value: number): boolean => {
      const one = option(['use_adam'], [value]);
      return new Aim(goal, held).isEnough(one, { healthy: [one], proven: [] });
    };
    expect([0.02, 0.05, 0.07, 0.3].map((value) => isEnough('validation_loss', value))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(isEnough('final_loss', 0.05)).toBe(false);
  });

  it('of another goal than the plain loss is not held against its validation loss', () => {
    const weighed = option(['balance_classes'], [0.1], [1.4]);
    const other = option(['use_adam'], [0.3], [0.5]);
    const aim = new Aim('missed_rare_class', baseline);
    expect(aim.best([weighed, other])?.option).toBe(weighed);
  });

  it('of squared losses is compared by its root: a hundredth of the variance is a tenth of the deviation', () => {
    const regression = parseExperiment({
      network: { input: { shape: [1] }, layers: [{ type: 'dense', units: 1 }] },
      data: { type: 'sine', samples: 60 },
      training: { loss: 'mean_squared_error', optimizer: 'sgd', steps: 3 },
    });
    if (!regression.ok) throw new Error(JSON.stringify(regression.error));
    const squared = { ...baseline, experiment: regression.value.experiment };
    const [clipped, standardized] = [
      option(['clip_gradients'], [0.016]),
      option(['standardize_targets'], [0.0064]),
    ];
    const near = option(['use_adam'], [0.0095]);
    const reached = { healthy: [clipped, near, standardized], proven: [] };
    const isEnough = (arm: typeof baseline) =>
      [clipped, near].map((one) => new Aim('final_loss', arm).isEnough(one, reached));
    expect(isEnough(squared)).toEqual([false, true]);
    expect(isEnough(baseline)).toEqual([true, true]);
    // A share of samples is no square.
    expect(scaleOf('training_error', squared.experiment)).toBe('linear');
    for (const target of [0, 1e-4, 0.01, 0.1, 0.5, 2]) {
      const margin = marginAt(target, 'squared');
      expect(margin.absolute).toBeLessThanOrEqual(0.02);
      expect(isWithin(target + margin.absolute * 0.999, target, 'squared')).toBe(true);
    }
  });

  const random = createRandom(0, 'aim');
  const drawn = (near: boolean): Option[] =>
    Array.from({ length: 1 + random.integer(5) }, (_, n) => ({
      ...option(Array(1 + random.integer(3)).fill(`remedy_${n}`), [random.uniform()], [random.uniform()]),
      ...{ verification: { status: 'verified' } as Verification, effort: random.integer(4) },
      cost: 1 + random.integer(6) / 2,
      // Anywhere, or near to each other.
      expected: near ? 0.2 + 0.05 * random.uniform() : random.uniform() ** 3,
    }));
  const cases = Array.from({ length: 300 }, (_, i) => {
    const proven = drawn(i % 4 < 2);
    const best = new Aim('final_loss', baseline).best(proven);
    if (best === null) throw new Error('one of them is behind no other');
    return { proven, ...best };
  });

  it('is within the margin of the best that is told, and whatever is smaller is not, whatever was proven', () => {
    for (const { proven, option: chosen, least } of cases) {
      expect(isWithin(chosen.expected, least, 'linear')).toBe(true);
      const general = proven.filter((one) =>
        proven.every(({ validations }) => !isBehind(one.validations, validations)),
      );
      expect(least).toBe(Math.min(...general.map(({ expected }) => expected)));
      const smaller = general.filter((one) => isSmaller(one, chosen));
      expect(smaller.filter(({ expected }) => isWithin(expected, least, 'linear'))).toEqual([]);
    }
  });

  it('is told to fall short where it does by the same numbers, and of what was proven as well', () => {
    const notes = cases.map(({ option: chosen, least }, i) => {
      const reached = chosen.expected;
      // Anywhere, or so that it is just out of reach.
      const reference =
        i % 2 === 0 ? random.uniform() : Math.max(0, Math.min((reached - 0.002) / 1.1, reached - 0.022));
      const margin = marginAt(least, 'linear');
      const goal = { metric: 'final_loss', margin, reached, best_proven: least, reference } as const;
      const note = shortfall(goal, 'linear');
      expect(note === null).toBe(isWithin(reached, reference, 'linear'));
      if (note !== null)
        expect(note.includes('nothing that was')).toBe(!isWithin(least, reference, 'linear'));
      return note;
    });
    const short = notes.filter((note) => note !== null);
    expect(short.length).toBeGreaterThan(50);
    expect(short.some((note) => note.includes('a larger change'))).toBe(true);
  });
});
