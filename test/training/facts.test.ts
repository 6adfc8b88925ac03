/** @file What a trace knows beside its series: two losses, the best constant, both modes, what the data are. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../src/experiment/index.ts';
import { lossRatio, type Trace } from '../../src/statistics/index.ts';
import { train } from '../../src/training/index.ts';

type Config = Record<string, unknown>;

const report = (name: string): { experiment: Config; healthy_twin: Config } =>
  JSON.parse(readFileSync(new URL(`../reports/${name}.json`, import.meta.url), 'utf8'));

async function traceOf(config: Config, seed = 0): Promise<Trace> {
  const parsed = parseExperiment(JSON.parse(JSON.stringify(config)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const result = await train(parsed.value.experiment, seed);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

const experiment = (layers: Config[], data: Config, training: Config, input: Config = { shape: [2] }) => ({
  network: { input, layers },
  data,
  training: { optimizer: 'sgd', batch_size: 10, steps: 4, ...training },
});
const unit = (more: Config = {}): Config => ({ type: 'dense', units: 1, ...more });

describe('data loss and penalty', () => {
  it('are two numbers where the one swallows the other', async () => {
    const exploded = await traceOf(report('exploded-under-l2').experiment);
    // A few numbers of the size of this penalty are all that float32 has around it.
    expect(exploded.final.penalty).toBeGreaterThan(1e20);
    expect(lossRatio(exploded)).toBeGreaterThan(1);
    expect(exploded.final.data_loss).toBeLessThan(1e-10 * exploded.final.penalty);
  });

  it('are told apart at every step', async () => {
    const inputs = Array.from({ length: 10 }, (_, i) => [i / 10, 1]);
    const data = { type: 'inline', inputs, targets: inputs.map(([x = 0]) => x), validation_split: 0 };
    const kernel = { kernel_initializer: { type: 'constant', value: 2 } };
    const trace = await traceOf(
      experiment([unit(kernel)], data, { loss: 'mean_squared_error', regularization: { l1: 1, l2: 1 } }),
    );
    // l1 · 2 · |2| + l2 · 2 · 2²
    expect(trace.initial.penalty).toBeCloseTo(12, 10);
    expect((trace.losses[0] as number) - (trace.data_losses[0] as number)).toBeCloseTo(12, 5);
    expect(trace.data_losses[0]).toBeCloseTo(trace.initial.data_loss, 5);
  });
});

describe('the best constant', () => {
  it('of soft targets is their mean, and their own entropy is what remains at best', async () => {
    const inputs = Array.from({ length: 8 }, (_, i) => [i, 0]);
    const targets = inputs.map((_, i) => (i % 2 === 0 ? 0.2 : 0.6));
    const data = { type: 'inline', inputs, targets, validation_split: 0 };
    const trace = await traceOf(experiment([unit()], data, { loss: 'sigmoid_cross_entropy' }));
    const entropy = (p: number) => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    expect(trace.constant_loss).toBeCloseTo(entropy(0.4), 6);
    expect(trace.least_loss).toBeCloseTo((entropy(0.2) + entropy(0.6)) / 2, 6);
    expect(lossRatio(trace, trace.constant_loss)).toBeCloseTo(1, 10);
    expect(lossRatio(trace, trace.least_loss)).toBe(0);
  });
});

describe('data are what the experiment says', () => {
  const whole = Array.from({ length: 20 }, (_, i) => [i, 2 * i]);
  it('whole numbers are inputs, and are targets of a regression', async () => {
    const data = { type: 'inline', inputs: whole, targets: whole.map(([x]) => x), validation_split: 0 };
    const { data: facts, class_recall } = await traceOf(
      experiment([unit()], data, { loss: 'mean_squared_error', optimizer: 'adam' }),
    );
    expect(facts.input_rms).toBeGreaterThan(10);
    expect(facts).toMatchObject({ target_range: [0, 19], class_counts: null });
    expect(facts.target_moments?.mean).toBeCloseTo(9.5, 5);
    expect(class_recall).toBeNull();
  });

  it('0 and 1 are two classes of one sigmoid', async () => {
    const targets = whole.map((_, i) => Number(i >= 15));
    const data = { type: 'inline', inputs: whole, targets, validation_split: 0, shuffle: false };
    const trace = await traceOf(experiment([unit()], data, { loss: 'sigmoid_cross_entropy', batch_size: 5 }));
    expect(trace.data.class_counts).toEqual([15, 5]);
    expect(trace.class_recall).toHaveLength(2);
    // Every batch of five is of one class.
    expect(trace.batch_order?.between_batches).toBeCloseTo(1, 5);
  });

  it('shuffled targets lie between batches by chance only', async () => {
    const data = { type: 'moons', samples: 1000 };
    const trace = await traceOf(experiment([unit({ units: 2 })], data, { loss: 'softmax_cross_entropy' }));
    expect(Math.abs(trace.batch_order?.between_batches ?? 1)).toBeLessThan(0.1);
    expect(trace.batch_order?.classes_per_batch?.mean).toBeCloseTo(2, 1);
  });

  it('large numbers keep their digits until they are standardized', async () => {
    const { experiment: large, healthy_twin: small } = report('large-offset-inputs');
    const [far, near] = [await traceOf(large), await traceOf(small)];
    expect(far.final.accuracy).toBeCloseTo(near.final.accuracy as number, 2);
    expect(far.final.accuracy).toBeGreaterThan(0.97);
  });
});

describe('targets', () => {
  const inputs = Array.from({ length: 20 }, (_, i) => [i / 20, 1]);
  const data = {
    type: 'inline',
    inputs,
    targets: inputs.map(([x = 0]) => 3.2e9 + 100 * x),
    standardize_targets: true,
  };
  it('are standardized in float64, by the training split', async () => {
    const trace = await traceOf(experiment([unit()], data, { loss: 'mean_squared_error' }));
    expect(trace.constant_loss).toBeCloseTo(1, 5);
    expect(trace.data.target_moments?.std).toBeCloseTo(1, 5);
  });
  it('that are classes cannot be', () => {
    const labels = { ...data, targets: inputs.map((_, i) => i % 2) };
    const parsed = parseExperiment(
      experiment([unit()], labels, { loss: 'sigmoid_cross_entropy' }) as unknown,
    );
    expect(parsed.ok ? [] : parsed.error.map(({ pointer }) => pointer)).toEqual([
      '/data/standardize_targets',
    ]);
  });
});

describe('training mode and inference mode', () => {
  it('are measured on the same samples where they differ', async () => {
    const lag = await traceOf(report('running-averages-lag').experiment);
    expect(lag.modes.map(({ step }) => step)).toEqual([30, 60]);
    const end = lag.modes.at(-1);
    expect(end?.training.accuracy).toBeGreaterThan(0.7);
    expect(end?.inference.accuracy).toBeLessThan(0.4);
    const plain = await traceOf(report('cut-short').experiment);
    expect(plain.modes).toEqual([]);
  });
});

describe('layers that only move numbers', () => {
  it('hide neither an activation before them nor an output behind them', async () => {
    const trace = await traceOf(report('flatten-after-sigmoid').experiment);
    expect(trace.layers.filter(({ is_output }) => is_output).map(({ name }) => name)).toEqual(['dense_3']);
  });
});
