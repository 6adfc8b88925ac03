/** @file The positive control: which network it is, what it costs, and that it learns what can be learned. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  parseExperiment,
  planExperiment,
  referenceExperiments,
  workOf,
} from '../../../src/experiment/index.ts';
import { lossRatio } from '../../../src/statistics/index.ts';
import { referenceFacts, runReference } from '../../../src/study/index.ts';
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
  const [reference] = referenceExperiments(experiment);
  if (reference === undefined) throw new Error('no reference');
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
      const references = referenceExperiments(experiment);
      if (references.length === 0) return [];
      const work = (one: typeof experiment) => workOf(one, planExperiment(one));
      return [references.reduce((sum, one) => sum + work(one.experiment), 0) / work(experiment)];
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

  it('answers for each time step by itself where dense layers see the whole sequence', async () => {
    const wide = parse({
      network: {
        input: { shape: [15], dtype: 'token' },
        layers: [
          { type: 'embedding', vocabulary: 8, dimensions: 64 },
          { type: 'lstm', units: 64, return_sequences: true },
          { type: 'lstm', units: 64, return_sequences: true },
          { type: 'dense', units: 5, activation: 'softmax' },
        ],
      },
      data: { type: 'copy_memory', length: 9, items: 3, symbols: 4, samples: 300 },
      training: { loss: 'categorical_cross_entropy', optimizer: 'adam', steps: 300 },
    });
    const dense = referenceExperiments(wide).find(({ kind }) => kind === 'dense');
    if (dense === undefined) throw new Error('no reference of dense layers');
    const { training } = dense.experiment;
    const result = await train({ ...dense.experiment, training: { ...training, steps: 1 } }, 0);
    if (!result.ok) throw new Error(result.error.code);
    // Of five classes at each step: a softmax over all fifteen steps together would begin at ln 75.
    expect(result.value.initial.data_loss).toBeLessThan(2 * Math.log(5));
  });

  it.each([
    ['what a far place says', 'encoder-without-positions', 'dense', 0.1],
    ['what follows from an order', 'nan-with-relu-in-lstm-cells', 'recurrent', 0.1],
    [
      'which tokens there are, beside a network without a loop',
      'text-classifier-on-clustered-labels',
      'dense',
      0.1,
    ],
  ])('learns of tokens %s', async (_, name, kind, ratio) => {
    const asked = published.find((one) => one.name === name);
    const experiment = parse(JSON.parse(JSON.stringify(asked?.experiment)));
    const run = await runReference(experiment, async ({ experiment: one, seed }) => {
      const result = await train(one, seed);
      if (!result.ok) throw new Error(result.error.code);
      return result.value;
    });
    if (run === null) throw new Error('no reference');
    const { training_ratio, validation_ratio } = referenceFacts(run);
    expect(run.kind).toBe(kind);
    expect(Math.max(training_ratio, validation_ratio ?? training_ratio)).toBeLessThan(ratio);
  });

  it('takes padding for padding where the experiment does', () => {
    const padded = (mask_zero: boolean) =>
      parse({
        network: {
          input: { shape: [20], dtype: 'token' },
          layers: [
            { type: 'embedding', vocabulary: 8, dimensions: 8, mask_zero },
            { type: 'gru', units: 8, return_sequences: true },
            { type: 'dense', units: 8 },
          ],
        },
        data: { type: 'copy_memory', length: 14, items: 3, symbols: 4, samples: 300 },
        training: { loss: 'softmax_cross_entropy', optimizer: 'adam', steps: 40 },
      });
    for (const mask_zero of [true, false]) {
      const [first] = referenceExperiments(padded(mask_zero))[0]?.experiment.network.layers ?? [];
      expect(first).toMatchObject({ type: 'embedding', mask_zero });
    }
  });
});
