/** @file The key of a change: equal for equal experiments, and made once, however often a pursuit asks for it. */
import { expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import { keyOf } from '../../../src/study/option.ts';

const parse = (units: number): Experiment => {
  const parsed = parseExperiment({
    network: { input: { shape: [2] }, layers: [{ type: 'dense', units }] },
    data: { type: 'moons' },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate: 0.1 }, steps: 10 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
};

it('is the same for equal experiments, and another for others', () => {
  expect(keyOf({ experiment: parse(2) })).toBe(keyOf({ experiment: parse(2) }));
  expect(keyOf({ experiment: parse(3) })).not.toBe(keyOf({ experiment: parse(2) }));
});

it('reads an experiment once', () => {
  let reads = 0;
  const counted = new Proxy(parse(2), {
    ownKeys(target) {
      reads++;
      return Reflect.ownKeys(target);
    },
  });
  const keys = [1, 2, 3].map(() => keyOf({ experiment: counted }));
  expect(new Set(keys).size).toBe(1);
  expect(reads).toBe(1);
});
