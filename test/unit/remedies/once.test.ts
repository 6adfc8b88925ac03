/** @file What a study asks again and again is worked out once: remedies by the text of the experiment, diagnoses by the run. */
import { expect, it, vi } from 'vitest';
import { diagnose, rules } from '../../../src/diagnosis/index.ts';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import { remedies } from '../../../src/remedies/catalogue/index.ts';
import { applyRemedy } from '../../../src/remedies/propose.ts';
import { train } from '../../../src/training/index.ts';

function parse(units: number, seed = 0): Experiment {
  const parsed = parseExperiment({
    seed,
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units, activation: 'tanh' },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'moons', samples: 60 },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate: 0.1 }, steps: 12 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

function find(name: string) {
  const remedy = remedies.find((one) => one.remedy === name);
  if (remedy === undefined) throw new Error(name);
  return remedy;
}

it('a remedy changes equal experiments once, and other experiments and doses by themselves', () => {
  const real = find('lower_learning_rate');
  const change = vi.fn(real.change);
  const remedy = { ...real, change };
  const first = applyRemedy(remedy, parse(4), 0.1);
  expect(applyRemedy(remedy, parse(4), 0.1)).toBe(first);
  expect(change).toHaveBeenCalledTimes(1);
  for (const other of [applyRemedy(remedy, parse(5), 0.1), applyRemedy(remedy, parse(4), 0.01)]) {
    expect(other).not.toEqual(first);
  }
  expect(change).toHaveBeenCalledTimes(3);
  // Another remedy of the same name is not taken for it.
  expect(applyRemedy({ ...real, change: () => ({ reason: 'never' }) }, parse(4), 0.1)).toEqual({
    reason: 'never',
  });
});

it('remedies that come to the same change share its experiment', () => {
  const real = find('lower_learning_rate');
  const [one, other] = [{ ...real }, { ...real }].map((remedy) => applyRemedy(remedy, parse(4), 0.1));
  if (one === undefined || other === undefined || 'reason' in one || 'reason' in other)
    throw new Error('changes it');
  expect(one).not.toBe(other);
  expect(one.experiment).toBe(other.experiment);
});

it('a run is diagnosed once for its experiment and thresholds', async () => {
  const experiment = parse(4);
  const trained = await train(experiment, 0);
  if (!trained.ok) throw new Error('trains');
  const trace = trained.value;
  const [rule] = rules;
  if (rule === undefined) throw new Error('there are rules');
  const examine = vi.spyOn(rule, 'examine');
  const first = diagnose(experiment, [trace]);
  const calls = examine.mock.calls.length;
  expect(calls).toBe(1);
  expect(diagnose(experiment, [trace])).toEqual(first);
  expect(examine).toHaveBeenCalledTimes(calls);
  diagnose(parse(4, 1), [trace]);
  diagnose(experiment, [{ ...trace }]);
  diagnose(experiment, [trace, trace]);
  expect(examine).toHaveBeenCalledTimes(calls + 4);
  // What a caller does to its list is not seen by the next.
  const spoilt = diagnose(experiment, [{ ...trace }]);
  spoilt.length = 0;
  expect(diagnose(experiment, [trace])).toEqual(first);
});
