/** @file Inline numbers are read once: what compares, hashes, copies or edits an experiment meets their hash. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  type Experiment,
  parseExperiment,
  reportedExperiment,
  withSamples,
} from '../../../src/experiment/index.ts';
import { propose } from '../../../src/remedies/index.ts';
import { canonicalJson } from '../../../src/util/json.ts';

const SAMPLES = 200_000;
const FEATURES = 10;

const body = (samples: number, features: number) => ({
  network: { input: { shape: [features] }, layers: [{ type: 'dense', units: 2 }] },
  data: {
    type: 'inline',
    inputs: Array.from({ length: samples }, (_, i) =>
      Array.from({ length: features }, (_unused, j) => ((i * 7 + j * 13) % 1000) / 10),
    ),
    targets: Array.from({ length: samples }, (_, i) => i % 2),
  },
  training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 5 },
});

function parsed(given: unknown): Experiment {
  const result = parseExperiment(given);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.experiment;
}

function proposed(experiment: Experiment) {
  const { candidates } = propose(experiment, ['unscaled_inputs', 'vanishing_gradient', 'slow_convergence']);
  for (const { experiment: changed } of candidates) canonicalJson(changed);
  return candidates;
}

test('of 200,000 × 10 numbers every remedy is proposed, its patch free of numbers, in a fraction of one parse', () => {
  const given = body(SAMPLES, FEATURES);
  // What no other test file of this process has called yet would be compiled within the measurement.
  proposed(parsed(body(100, FEATURES)));
  const start = process.cpuUsage();
  const experiment = parsed(given);
  const reading = process.cpuUsage(start).user;
  const before = process.cpuUsage();
  const candidates = proposed(experiment);
  const proposing = process.cpuUsage(before).user;
  expect(candidates.map(({ remedy }) => remedy.remedy)).toContain('standardize_inputs');
  for (const { patch, experiment: changed } of candidates) {
    expect(JSON.stringify(patch).length).toBeLessThan(5000);
    expect((changed.data as { inputs: unknown }).inputs).toBe(
      (experiment.data as { inputs: unknown }).inputs,
    );
  }
  expect(proposing).toBeLessThan(2 * reading);
});

test('equal numbers hash alike, and another number, shape or order does not', () => {
  const hashOf = (data: object) =>
    canonicalJson(parsed({ ...body(4, 4), data: { ...body(4, 4).data, ...data } }).data);
  const { inputs } = body(4, 4).data;
  expect(hashOf({})).toBe(hashOf({}));
  expect(hashOf({ targets: [0, 1, 1, 0] })).not.toBe(hashOf({}));
  expect(hashOf({ inputs: inputs.toReversed() })).not.toBe(hashOf({}));
  const sequence = {
    ...body(4, 4),
    network: { input: { shape: [4] }, layers: [{ type: 'dense', units: 2 }] },
  };
  const images = { ...sequence.data, inputs: inputs.map((row) => [row.slice(0, 2), row.slice(2)]) };
  expect(canonicalJson(parsed({ ...sequence, data: images }).data)).not.toBe(hashOf({}));
});

test('a report names the numbers as its documentation says, and gets them back', () => {
  const given = body(3, 2);
  const experiment = parsed(given);
  const reported = JSON.parse(JSON.stringify(reportedExperiment(experiment)));
  const hash = (numbers: number[]) =>
    createHash('sha256')
      .update(new Uint8Array(Float64Array.from(numbers).buffer))
      .digest('hex');
  const text = hash(given.data.inputs.flat()) + hash(given.data.targets);
  expect(reported.data).toMatchObject({ type: 'inline', samples: 3, standardize: false });
  expect(reported.data.sha256).toBe(createHash('sha256').update(text).digest('hex'));
  expect(reported.data).not.toHaveProperty('inputs');
  expect(JSON.parse(JSON.stringify(withSamples(reported, experiment)))).toEqual(
    JSON.parse(JSON.stringify(experiment)),
  );
  expect(JSON.parse(JSON.stringify(experiment)).data).toMatchObject(given.data);
});

test('an experiment of a report is refused with a word about its data', () => {
  const result = parseExperiment(reportedExperiment(parsed(body(3, 2))));
  expect(result.ok ? [] : result.error).toEqual([
    expect.objectContaining({ pointer: '/data', fix: expect.stringContaining('add the data') }),
  ]);
});

test('a plan is made once for an experiment', async () => {
  const { planExperiment } = await import('../../../src/experiment/index.ts');
  const experiment = parsed(body(3, 2));
  expect(planExperiment(experiment)).toBe(planExperiment(experiment));
});
