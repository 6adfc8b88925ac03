/** @file The positive control: which network it is, what it costs, and that it learns what can be learned. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  parseExperiment,
  planExperiment,
  referenceExperiment,
  workOf,
} from '../../../src/experiment/index.ts';
import { lossRatio } from '../../../src/statistics/index.ts';
import { train } from '../../../src/training/index.ts';
import { published } from '../../scenarios/published/index.ts';

function parse(body: unknown) {
  const parsed = parseExperiment(body);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}
const report = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../../reports/${name}.json`, import.meta.url), 'utf8')).experiment;

async function reached(body: unknown): Promise<{ kind: string; training: number; validation: number }> {
  const experiment = parse(body);
  const reference = referenceExperiment(experiment);
  if (reference === null) throw new Error('no reference');
  const [own, plain] = [planExperiment(experiment), planExperiment(reference.experiment)];
  expect(plain.output_shape).toEqual(own.output_shape);
  expect(plain.training_samples).toBe(own.training_samples);
  // As many samples seen, up to one batch.
  const seen = (plan: typeof own) => plan.steps * plan.batch_size;
  expect(Math.abs(seen(plain) - seen(own))).toBeLessThanOrEqual(plain.batch_size);
  expect(plain.steps).toBeLessThanOrEqual(2 * own.steps + 1);
  const result = await train(reference.experiment, experiment.seed);
  if (!result.ok) throw new Error(result.error.code);
  const { value: trace } = result;
  const validation = trace.final.validation_data_loss ?? Number.NaN;
  return { kind: reference.kind, training: lossRatio(trace), validation: lossRatio(trace, validation) };
}

describe('what the reference costs', () => {
  const examples = [
    ...readdirSync(new URL('../../reports/', import.meta.url)).map((file) =>
      report(file.replace('.json', '')),
    ),
    ...published.map(({ experiment }) => JSON.parse(JSON.stringify(experiment))),
  ];
  it('is never more work than the training itself, were that to take all of its steps', () => {
    const ratios = examples.flatMap((body) => {
      const experiment = parse(body);
      const reference = referenceExperiment(experiment)?.experiment;
      if (reference === undefined) return [];
      const work = (one: typeof experiment) => workOf(one, planExperiment(one));
      return [work(reference) / work(experiment)];
    });
    expect(ratios.length).toBeGreaterThan(100);
    expect(Math.max(...ratios)).toBeLessThanOrEqual(1);
    // And it is a network, not a remnant of one.
    expect(ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)]).toBeGreaterThan(0.4);
  });
});

describe('the reference', () => {
  it.each([
    ['plateau-at-087', 'dense', 0.02],
    ['target-scale', 'dense', 0.1],
    ['cubic-raw', 'dense', 0.02],
    ['too-much-l2', 'dense', 0.1],
    ['frozen-running-averages', 'convolutional', 0.2],
    ['not-proven', 'recurrent', 0.1],
  ])('learns the data of %s, which the network did not', async (name, kind, ratio) => {
    const found = await reached(report(name));
    expect(found.kind).toBe(kind);
    expect(Math.max(found.training, found.validation)).toBeLessThan(ratio);
  });

  it('does no better on new samples than least squares where the targets are mostly noise', async () => {
    expect((await reached(report('noisy-targets-fitted'))).validation).toBeGreaterThan(0.8);
  });

  it('gives one prediction per time step where the experiment does', async () => {
    const body = {
      network: {
        input: { shape: [12], dtype: 'token' },
        layers: [
          { type: 'embedding', vocabulary: 8, dimensions: 8 },
          { type: 'gru', units: 8, return_sequences: true },
          { type: 'dense', units: 5 },
        ],
      },
      data: { type: 'copy_memory', length: 6, items: 3, symbols: 4, samples: 300 },
      training: { loss: 'softmax_cross_entropy', optimizer: 'adam', steps: 40 },
    };
    expect((await reached(body)).kind).toBe('recurrent');
  });
});
