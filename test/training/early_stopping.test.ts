/** @file Early stopping: the weights of the lowest validation loss are those that are kept, measured and handed out. */
import { describe, expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import type { Trace } from '../../src/statistics/index.ts';
import { train } from '../../src/training/index.ts';
import { at, bell, rows } from '../scenarios/numbers.ts';

type Config = Readonly<Record<string, unknown>>;

const inputs = rows(80, 3);
/** A line under noise: what more than the line is learned is learned by heart. */
const targets = inputs.map((row, i) => at(row, 0) + bell(i + 5000));

const body = (training: Config = {}, data: Config = {}) => ({
  network: {
    input: { shape: [3] },
    layers: [
      { type: 'dense', units: 48 },
      { type: 'batch_norm', momentum: 0.9 },
      { type: 'activation', activation: 'relu' },
      { type: 'dense', units: 48, activation: 'relu' },
      { type: 'dense', units: 1 },
    ],
  },
  data: { type: 'inline', inputs, targets, validation_split: 0.5, ...data },
  training: {
    loss: 'mean_squared_error',
    optimizer: { type: 'adam', learning_rate: 0.01 },
    batch_size: 20,
    steps: 200,
    ...training,
  },
  diagnostics: { probe_every: 5 },
});

function parse(training?: Config, data?: Config): Experiment {
  const parsed = parseExperiment(body(training, data));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

async function run(experiment: Experiment, keepWeights = false): Promise<Trace> {
  const result = await train(experiment, 1, { keepWeights });
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

const validation = (trace: Trace): number => trace.final.validation_data_loss ?? Number.NaN;

describe('early stopping', () => {
  it('keeps the best of all measured weights, running averages included', async () => {
    // Five steps apart: as often as the training without it is probed, whose series says what was to be found.
    const [plain, stopped] = [await run(parse()), await run(parse({ early_stopping: { check_every: 5 } }))];
    expect(stopped.steps_completed).toBe(200);
    expect(stopped.losses).toEqual(plain.losses);
    expect(validation(stopped)).toBeLessThan(0.8 * validation(plain));
    const series = plain.series.find(({ layer, metric }) => layer === null && metric === 'validation_loss');
    // The series is measured before the update of its step, k updates in; its first value is the initial one.
    const measured = [...(series?.values ?? [])].slice(1);
    expect(measured.length).toBeGreaterThan(5);
    expect(validation(stopped)).toBeLessThanOrEqual(Math.min(...measured) + 1e-9);
  });

  it('ends after as many measurements without a lower loss as were asked for, with the same weights', async () => {
    const [all, few] = [
      await run(parse({ early_stopping: { check_every: 5 } }), true),
      await run(parse({ early_stopping: { check_every: 5, patience: 12 } }), true),
    ];
    expect(few.steps_completed).toBeLessThan(200);
    expect(few.steps_completed % 5).toBe(0);
    expect(few.losses).toEqual(all.losses.subarray(0, few.steps_completed));
    expect(validation(few)).toBe(validation(all));
    expect(few.weights?.final).toEqual(all.weights?.final);
  });

  it.each([
    [{ check_every: 5 }, { validation_split: 0 }, '/training/early_stopping'],
    [{ check_every: 201 }, {}, '/training/early_stopping/check_every'],
  ])('%j with %j is refused', (early_stopping, data, pointer) => {
    const parsed = parseExperiment(body({ early_stopping }, data));
    expect(parsed.ok ? null : parsed.error).toMatchObject([
      { pointer, message: expect.stringMatching(/./), fix: expect.stringMatching(/./) },
    ]);
  });
});
