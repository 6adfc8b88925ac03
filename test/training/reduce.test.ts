/** @file What is left out of a combination: a cause is not left as it is while its symptoms are treated. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import { runStudy, type StudyReport } from '../../src/study/index.ts';
import { trainOnce } from '../scenarios/trained.ts';

const parse = (config: unknown): Experiment => {
  const parsed = parseExperiment(JSON.parse(JSON.stringify(config)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
};

const study = (experiment: Experiment): Promise<StudyReport> =>
  runStudy(experiment, {
    train: (trial) => trainOnce(trial.experiment, trial.seed),
    onProgress: () => {},
    isOutOfTime: () => false,
  });

it('samples in the order of their classes are shuffled, whatever else would help as well', async () => {
  const report = JSON.parse(
    readFileSync(new URL('../reports/labels-in-order.json', import.meta.url), 'utf8'),
  );
  const { recommendation, combinations } = await study(
    parse({ ...report.experiment, remedies: { min_duration_s: 6 } }),
  );
  expect(recommendation?.remedies).toContain('shuffle_data');
  expect(combinations.length).toBeGreaterThan(0);
  // Nothing is set twice.
  const pairs: readonly RegExp[] = [
    /raise_learning_rate.*lower_learning_rate|lower_learning_rate.*raise_learning_rate/,
    /use_(relu|leaky_relu|prelu|elu|selu|gelu|silu).*use_(relu|leaky_relu|prelu|elu|selu|gelu|silu)/,
  ];
  for (const { remedies: together } of combinations)
    for (const pair of pairs) expect(together.join(' ')).not.toMatch(pair);
});

it('two settings take the place of new layers that do as much, where a larger combination holds them', async () => {
  const report = await study(
    parse({
      network: {
        input: { shape: [2] },
        layers: [
          {
            ...{ type: 'repeat', times: 3 },
            layers: [
              {
                ...{ type: 'dense', units: 16, activation: 'relu' },
                bias_initializer: { type: 'constant', value: -3 },
              },
            ],
          },
          { type: 'dense', units: 2 },
        ],
      },
      data: { type: 'moons', samples: 300, noise: 0.1 },
      training: {
        loss: 'softmax_cross_entropy',
        optimizer: { type: 'sgd', learning_rate: 0.1 },
        batch_size: 32,
        steps: 200,
      },
      remedies: { seeds: 2, min_duration_s: 10 },
    }),
  );
  const { recommendation, remedies } = report;
  // Normalization holds as well: it undoes what the biases do, and leaves them in.
  const statusOf = (name: string) => remedies.find(({ remedy }) => remedy === name)?.verification.status;
  expect([statusOf('add_layer_norm'), statusOf('add_batch_norm')]).toContain('verified');
  expect(recommendation?.remedies).toEqual(['reinitialize_weights', 'use_adam']);
  expect(recommendation?.alternatives.map((one) => one.remedies)).toEqual([['reinitialize_weights']]);
});
