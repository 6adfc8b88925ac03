/** @file What is left out of a combination: a cause is not left as it is while its symptoms are treated. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import { runStudy, type StudyReport } from '../../../src/study/index.ts';
import { train } from '../../../src/training/index.ts';

const parse = (config: unknown): Experiment => {
  const parsed = parseExperiment(JSON.parse(JSON.stringify(config)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
};

const study = (experiment: Experiment): Promise<StudyReport> =>
  runStudy(experiment, {
    async train(trial) {
      const result = await train(trial.experiment, trial.seed);
      if (!result.ok) throw new Error(result.error.code);
      return result.value;
    },
    onProgress: () => {},
    isOutOfTime: () => false,
  });

it('samples in the order of their classes are shuffled, whatever else would help as well', {
  timeout: 240_000,
}, async () => {
  const report = JSON.parse(
    readFileSync(new URL('../../reports/labels-in-order.json', import.meta.url), 'utf8'),
  );
  const { recommendation, combinations } = await study(
    parse({ ...report.experiment, remedies: { min_duration_s: 20 } }),
  );
  expect(recommendation?.remedies).toContain('shuffle_data');
  // Nothing is set twice.
  const pairs: readonly RegExp[] = [
    /raise_learning_rate.*lower_learning_rate|lower_learning_rate.*raise_learning_rate/,
    /use_(relu|leaky_relu|prelu|elu|selu|gelu|silu).*use_(relu|leaky_relu|prelu|elu|selu|gelu|silu)/,
  ];
  for (const { remedies: together } of combinations)
    for (const pair of pairs) expect(together.join(' ')).not.toMatch(pair);
});
