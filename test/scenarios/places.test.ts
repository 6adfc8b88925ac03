/** @file What is rare among time steps and pixels, and loops that were hardly trained: one of each kind, and what they are mistaken for. */
import { expect, it } from 'vitest';
import { diagnoseExperiment } from './outcome.ts';
import { adam, type Config, conv, dense, experiment, image } from './scenario.ts';
import { healthyPlaces, sickPlaces } from './taught_places.ts';

const asked = (config: Config) => diagnoseExperiment({ ...config, remedies: { verify: false } });
const firsts = sickPlaces.flatMap(([first]) => first ?? []);

it.each(firsts)('$name', async ({ experiment, sickness }) => {
  const { found } = await asked(experiment);
  expect(sickness?.rules).toContain(found[0]);
  expect((await asked(sickness?.twin ?? {})).found).toEqual([]);
});

it('pixels that are rare are found where each answer has the same say', async () => {
  const rare = sickPlaces.flat().find(({ name }) => name === 'sick/imbalance/pixels-0.01')?.experiment;
  const training = { ...(rare?.training as Config), class_weights: 'balanced' };
  expect((await asked({ ...rare, training })).found).not.toContain('class_imbalance');
});

it('twelve steps of an LSTM are too few, and no gradient that vanishes', async () => {
  const few = sickPlaces.flat().find(({ name }) => name === 'sick/lstm-hardly-trained/steps-12');
  expect((await asked(few?.experiment ?? {})).found).not.toContain('vanishing_gradient');
});

it('ten steps of a convolutional network are too few, whatever noise they are in', async () => {
  const layers = [
    ...[8, 16, 16].map((filters) => conv(filters, 'relu')),
    { type: 'global_average_pool2d' },
    dense(10),
  ];
  const config = experiment(image, layers, adam(0.003), { steps: 10 });
  const { found } = await asked(config);
  expect(found[0]).toBe('slow_convergence');
  expect(found).not.toContain('noisy_gradient');
});

it.each(healthyPlaces)('$name', async ({ experiment }) => {
  expect((await asked(experiment)).found).toEqual([]);
});
