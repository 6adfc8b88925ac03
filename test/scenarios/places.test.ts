/** @file What is rare among time steps and pixels, and loops that were hardly trained: one of each kind, and what they are mistaken for. */
import { expect, it } from 'vitest';
import { diagnoseExperiment } from './outcome.ts';
import type { Config } from './scenario.ts';
import { healthyPlaces, sickPlaces } from './taught_places.ts';

const asked = (config: Config) => diagnoseExperiment({ ...config, remedies: { verify: false } });
const firsts = sickPlaces.flatMap(([first]) => first ?? []);

it.each(firsts)('$name', async ({ experiment, sickness }) => {
  const { found } = await asked(experiment);
  expect(sickness?.rules).toContain(found[0]);
  expect((await asked(sickness?.twin ?? {})).found).toEqual([]);
});

it('twelve steps of an LSTM are too few, and no gradient that vanishes', async () => {
  const few = sickPlaces.flat().find(({ name }) => name === 'sick/lstm-hardly-trained/steps-12');
  expect((await asked(few?.experiment ?? {})).found).not.toContain('vanishing_gradient');
});

it.each(healthyPlaces)('$name', async ({ experiment }) => {
  expect((await asked(experiment)).found).toEqual([]);
});
